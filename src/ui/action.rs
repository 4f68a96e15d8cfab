//! The one table of actions: what they are called, what they do in a sentence, and their keys. Keys, the command palette
//! and the cheat sheet are all made of it (I18), so none of them can promise what another does not keep.

pub use super::group::Group;
use crate::model::rating::ColorLabel;
use eframe::egui::{Key, Modifiers};

/// Something a person can ask for with one key or one line of the palette.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[allow(missing_docs, reason = "each is described in the table below")]
pub enum Action {
    Next,
    Previous,
    Up,
    Down,
    First,
    Last,
    PageUp,
    PageDown,
    SelectAll,
    AutoAdvance,
    EditTitle,
    EditCaption,
    PlaceByTrack,
    Escape,
    Grid,
    Loupe,
    Cull,
    Compare,
    Survey,
    KeepBurst,
    ReviewRejects,
    MoveTo,
    Rename,
    CopyTo,
    Trash,
    PutBack,
    ShowTrash,
    EmptyTrash,
    Advance,
    Info,
    Sidebar,
    FullScreen,
    Zoom,
    Develop,
    Histogram,
    Clipping,
    Pick,
    Reject,
    Unflag,
    Rate(u8),
    Label(ColorLabel),
    Undo,
    Redo,
    Search,
    Library,
    Backup,
    BackUpSelection,
    BackUpAll,
    PauseBackup,
    ResumeBackup,
    Verify,
    Copies,
    PlanOptimize,
    Optimize,
    Restore,
    AddFolders,
    AddStore,
    NewAlbum,
    AddToAlbum,
    Rescan,
    NotSafeYet,
    LargerThumbs,
    SmallerThumbs,
    Squares,
    Duplicates,
    Map,
    Settings,
    Palette,
    CheatSheet,
    Quit,
}

impl Action {
    /// Whether it is a mark on photos that can be given with one key.
    #[must_use]
    pub fn is_mark(self) -> bool {
        matches!(
            self,
            Self::Pick | Self::Reject | Self::Unflag | Self::Rate(_) | Self::Label(_)
        )
    }
}

/// One line of the table.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    /// What.
    pub action: Action,
    /// Where it stands.
    pub group: Group,
    /// What it is called.
    pub label: &'static str,
    /// What it does, in a sentence.
    pub hint: &'static str,
    /// Its keys, the first is the one shown.
    pub keys: &'static [(Modifiers, Key)],
}

const NONE: Modifiers = Modifiers::NONE;
const SHIFT: Modifiers = Modifiers::SHIFT;
const CTRL: Modifiers = Modifiers::COMMAND;
const CTRL_SHIFT: Modifiers = Modifiers::COMMAND.plus(Modifiers::SHIFT);

const fn entry(
    action: Action,
    group: Group,
    label: &'static str,
    hint: &'static str,
    keys: &'static [(Modifiers, Key)],
) -> Entry {
    Entry {
        action,
        group,
        label,
        hint,
        keys,
    }
}

/// The table.
pub const TABLE: &[Entry] = &[
    entry(
        Action::Next,
        Group::Move,
        "Next photo",
        "Go to the next photo.",
        &[(NONE, Key::ArrowRight)],
    ),
    entry(
        Action::Previous,
        Group::Move,
        "Previous photo",
        "Go to the photo before.",
        &[(NONE, Key::ArrowLeft), (SHIFT, Key::Space)],
    ),
    entry(
        Action::Up,
        Group::Move,
        "Row above",
        "Go to the row above.",
        &[(NONE, Key::ArrowUp)],
    ),
    entry(
        Action::Down,
        Group::Move,
        "Row below",
        "Go to the row below.",
        &[(NONE, Key::ArrowDown)],
    ),
    entry(
        Action::First,
        Group::Move,
        "First photo",
        "Go to the first photo.",
        &[(NONE, Key::Home)],
    ),
    entry(
        Action::Last,
        Group::Move,
        "Last photo",
        "Go to the last photo.",
        &[(NONE, Key::End)],
    ),
    entry(
        Action::PageUp,
        Group::Move,
        "Page up",
        "Go one screen up.",
        &[(NONE, Key::PageUp)],
    ),
    entry(
        Action::PageDown,
        Group::Move,
        "Page down",
        "Go one screen down.",
        &[(NONE, Key::PageDown)],
    ),
    entry(
        Action::SelectAll,
        Group::Move,
        "Select all",
        "Select every photo shown.",
        &[(CTRL, Key::A)],
    ),
    entry(
        Action::Escape,
        Group::Move,
        "Back or clear",
        "Close what is open, go back to the grid, or clear the selection.",
        &[(NONE, Key::Escape)],
    ),
    entry(
        Action::Pick,
        Group::Mark,
        "Pick",
        "Flag as a keeper.",
        &[(NONE, Key::P)],
    ),
    entry(
        Action::Reject,
        Group::Mark,
        "Reject",
        "Flag to be thrown out in time. Nothing is deleted.",
        &[(NONE, Key::X)],
    ),
    entry(
        Action::Unflag,
        Group::Mark,
        "Clear the flag",
        "Neither pick nor reject.",
        &[(NONE, Key::U)],
    ),
    entry(
        Action::KeepBurst,
        Group::Mark,
        "Keep this, reject the rest of the burst",
        "Pick this photo and reject the others of its burst, or of those side by side. One step to undo.",
        &[(SHIFT, Key::P)],
    ),
    entry(
        Action::Rate(5),
        Group::Mark,
        "5 stars",
        "Give five stars.",
        &[(NONE, Key::Num5)],
    ),
    entry(
        Action::Rate(4),
        Group::Mark,
        "4 stars",
        "Give four stars.",
        &[(NONE, Key::Num4)],
    ),
    entry(
        Action::Rate(3),
        Group::Mark,
        "3 stars",
        "Give three stars.",
        &[(NONE, Key::Num3)],
    ),
    entry(
        Action::Rate(2),
        Group::Mark,
        "2 stars",
        "Give two stars.",
        &[(NONE, Key::Num2)],
    ),
    entry(
        Action::Rate(1),
        Group::Mark,
        "1 star",
        "Give one star.",
        &[(NONE, Key::Num1)],
    ),
    entry(
        Action::Rate(0),
        Group::Mark,
        "No stars",
        "Take the stars away.",
        &[(NONE, Key::Num0)],
    ),
    entry(
        Action::Label(ColorLabel::Red),
        Group::Mark,
        "Red label",
        "Give the red label.",
        &[(NONE, Key::Num6)],
    ),
    entry(
        Action::Label(ColorLabel::Yellow),
        Group::Mark,
        "Yellow label",
        "Give the yellow label.",
        &[(NONE, Key::Num7)],
    ),
    entry(
        Action::Label(ColorLabel::Green),
        Group::Mark,
        "Green label",
        "Give the green label.",
        &[(NONE, Key::Num8)],
    ),
    entry(
        Action::Label(ColorLabel::Blue),
        Group::Mark,
        "Blue label",
        "Give the blue label.",
        &[(NONE, Key::Num9)],
    ),
    entry(
        Action::Label(ColorLabel::Purple),
        Group::Mark,
        "Purple label",
        "Give the purple label.",
        &[(SHIFT, Key::Num6)],
    ),
    entry(
        Action::Label(ColorLabel::None),
        Group::Mark,
        "No label",
        "Take the label away.",
        &[],
    ),
    entry(
        Action::AutoAdvance,
        Group::Mark,
        "Auto-advance",
        "Go to the next photo after every mark. Shift with a mark does it once.",
        &[(NONE, Key::A), (NONE, Key::CapsLock)],
    ),
    entry(
        Action::EditTitle,
        Group::Mark,
        "Edit the title...",
        "Write the title of the photo. Enter keeps it, Esc leaves it as it was.",
        &[(NONE, Key::W)],
    ),
    entry(
        Action::EditCaption,
        Group::Mark,
        "Edit the caption...",
        "Write the caption of the photo. Enter keeps it, Shift Enter begins a line.",
        &[(SHIFT, Key::W)],
    ),
    entry(
        Action::PlaceByTrack,
        Group::Mark,
        "Positions from a GPX track...",
        "Give the selected photos, or all that are shown, the places where they were taken. Shows first what it would do.",
        &[],
    ),
    entry(
        Action::Undo,
        Group::Mark,
        "Undo",
        "Take the last mark back.",
        &[(CTRL, Key::Z)],
    ),
    entry(
        Action::Redo,
        Group::Mark,
        "Redo",
        "Do it again.",
        &[(CTRL_SHIFT, Key::Z), (CTRL, Key::Y)],
    ),
    entry(Action::Grid, Group::View, "Grid", "Show the grid.", &[(NONE, Key::G)]),
    entry(
        Action::Loupe,
        Group::View,
        "Look at the photo",
        "Show one photo as large as it fits.",
        &[(NONE, Key::Enter), (NONE, Key::E)],
    ),
    entry(
        Action::Cull,
        Group::View,
        "Cull",
        "Decide photo by photo, with what is left in sight; up and down go from burst to burst.",
        &[(SHIFT, Key::C)],
    ),
    entry(
        Action::Compare,
        Group::View,
        "Compare",
        "Two to four photos side by side under one zoom: those selected, the burst, or this one and the next.",
        &[(NONE, Key::C)],
    ),
    entry(
        Action::Survey,
        Group::View,
        "Survey",
        "All selected photos at once, or the burst.",
        &[(NONE, Key::N)],
    ),
    entry(
        Action::Advance,
        Group::View,
        "Look, then next",
        "Open the photo; when it is open, go on to the next.",
        &[(NONE, Key::Space)],
    ),
    entry(
        Action::Zoom,
        Group::View,
        "100 %",
        "Every pixel of the photo at the pointer, and back.",
        &[(NONE, Key::Z)],
    ),
    entry(
        Action::Develop,
        Group::View,
        "Develop RAW",
        "Show the sensor data of a RAW file developed, or the camera's preview again.",
        &[(NONE, Key::D)],
    ),
    entry(
        Action::Histogram,
        Group::View,
        "Histogram",
        "Show or hide the exposure of the photo that is looked at.",
        &[(NONE, Key::H)],
    ),
    entry(
        Action::Clipping,
        Group::View,
        "Clipping",
        "Mark blown highlights in red and black shadows in blue, or stop.",
        &[(NONE, Key::J)],
    ),
    entry(
        Action::FullScreen,
        Group::View,
        "Full screen",
        "Nothing but photos.",
        &[(NONE, Key::F), (NONE, Key::F11)],
    ),
    entry(
        Action::Info,
        Group::View,
        "Inspector",
        "Show or hide facts, keywords and copies.",
        &[(NONE, Key::I)],
    ),
    entry(
        Action::Sidebar,
        Group::View,
        "Sidebar",
        "Show or hide folders and albums.",
        &[(CTRL, Key::B)],
    ),
    entry(
        Action::LargerThumbs,
        Group::View,
        "Larger thumbnails",
        "Fewer, larger photos; on the map, nearer.",
        &[(NONE, Key::Plus), (NONE, Key::Equals)],
    ),
    entry(
        Action::SmallerThumbs,
        Group::View,
        "Smaller thumbnails",
        "More, smaller photos; on the map, farther away.",
        &[(NONE, Key::Minus)],
    ),
    entry(
        Action::Squares,
        Group::View,
        "Rows or squares",
        "Whole photos in rows, or equal squares.",
        &[],
    ),
    entry(
        Action::Search,
        Group::View,
        "Search",
        "Words, rating>=3, camera:, taken:2024-06..2024-08, safe:no and more.",
        &[(CTRL, Key::F), (NONE, Key::Slash)],
    ),
    entry(
        Action::NotSafeYet,
        Group::Safe,
        "Show what is not safe yet",
        "Photos without a proven copy.",
        &[],
    ),
    entry(
        Action::BackUpSelection,
        Group::Safe,
        "Back up the selection",
        "Send the selected photos to every store, and read them back.",
        &[(NONE, Key::B)],
    ),
    entry(
        Action::BackUpAll,
        Group::Safe,
        "Back up now",
        "Send what is not safe yet, and read it back.",
        &[(CTRL_SHIFT, Key::B)],
    ),
    entry(
        Action::PauseBackup,
        Group::Safe,
        "Pause the backup",
        "Stop after the file in hand. The queue stays.",
        &[],
    ),
    entry(
        Action::ResumeBackup,
        Group::Safe,
        "Resume the backup",
        "Go on with the queue.",
        &[],
    ),
    entry(
        Action::Verify,
        Group::Safe,
        "Verify copies",
        "Read the copies of the selected photos back again.",
        &[(NONE, Key::V)],
    ),
    entry(
        Action::Copies,
        Group::Safe,
        "Copies and proofs",
        "Where the copies of this photo are, and how we know.",
        &[(NONE, Key::O)],
    ),
    entry(
        Action::PlanOptimize,
        Group::Safe,
        "Preview Optimize Storage",
        "What would be freed, and why some photos stay. Changes nothing.",
        &[],
    ),
    entry(
        Action::Optimize,
        Group::Safe,
        "Optimize the selection...",
        "Replace proven originals by small copies. Asks first.",
        &[],
    ),
    entry(
        Action::Restore,
        Group::Safe,
        "Restore originals",
        "Bring the originals of the selected photos back in place.",
        &[],
    ),
    entry(Action::Library, Group::Library, "Library", "Go to the library.", &[]),
    entry(
        Action::Backup,
        Group::Library,
        "Backup",
        "Go to the backup page.",
        &[(CTRL, Key::Num2)],
    ),
    entry(
        Action::AddFolders,
        Group::Library,
        "Add photo folders...",
        "Choose folders to watch. Nothing in them is changed.",
        &[(CTRL, Key::O)],
    ),
    entry(
        Action::AddStore,
        Group::Library,
        "Add a store...",
        "Choose where copies go.",
        &[],
    ),
    entry(
        Action::NewAlbum,
        Group::Library,
        "New album...",
        "An album with the selected photos.",
        &[(CTRL, Key::N)],
    ),
    entry(
        Action::AddToAlbum,
        Group::Library,
        "Add to album...",
        "Put the selected photos into an album.",
        &[],
    ),
    entry(
        Action::ReviewRejects,
        Group::Library,
        "Review rejects",
        "A last look at what is rejected here, then all of it to Safelight's trash.",
        &[(CTRL, Key::Backspace)],
    ),
    entry(
        Action::MoveTo,
        Group::Library,
        "Move to a folder...",
        "All files of each selected photo go to another folder. Undo brings them back.",
        &[(SHIFT, Key::M)],
    ),
    entry(
        Action::Rename,
        Group::Library,
        "Rename...",
        "A new name for all files of each selected photo, shown before it is given.",
        &[(NONE, Key::F2)],
    ),
    entry(
        Action::CopyTo,
        Group::Library,
        "Copy to a folder...",
        "All files of each selected photo, on a USB stick or anywhere, read back and compared.",
        &[(CTRL_SHIFT, Key::C)],
    ),
    entry(
        Action::Trash,
        Group::Library,
        "Move to Safelight's trash",
        "All files of each selected photo leave their folder. Undo puts them back.",
        &[(NONE, Key::Delete)],
    ),
    entry(
        Action::ShowTrash,
        Group::Library,
        "Safelight's trash",
        "Show what lies in it.",
        &[(CTRL, Key::T)],
    ),
    entry(
        Action::PutBack,
        Group::Library,
        "Put back from the trash",
        "Back to their folders, under exactly their names.",
        &[(CTRL_SHIFT, Key::Backspace)],
    ),
    entry(
        Action::EmptyTrash,
        Group::Library,
        "Empty Safelight's trash...",
        "Give what lies in it to the system's trash. Asks first.",
        &[],
    ),
    entry(
        Action::Rescan,
        Group::Library,
        "Look for changes",
        "Look at all folders again.",
        &[(NONE, Key::F5)],
    ),
    entry(
        Action::Duplicates,
        Group::Library,
        "Duplicates",
        "Find photos that are there twice, and settle them.",
        &[(CTRL_SHIFT, Key::D)],
    ),
    entry(
        Action::Map,
        Group::Library,
        "Map",
        "The photos of the grid where they were taken, or the grid again.",
        &[(NONE, Key::M)],
    ),
    entry(
        Action::Settings,
        Group::Library,
        "Settings",
        "Keys, thumbnails, and how long originals are held.",
        &[(CTRL, Key::Comma)],
    ),
    entry(
        Action::Palette,
        Group::Library,
        "Command palette",
        "Find any action by its name.",
        &[(CTRL, Key::K), (NONE, Key::F1)],
    ),
    entry(
        Action::CheatSheet,
        Group::Library,
        "Keys",
        "Every key on one page.",
        &[
            (NONE, Key::Questionmark),
            (SHIFT, Key::Slash),
            (SHIFT, Key::Questionmark),
        ],
    ),
    entry(
        Action::Quit,
        Group::Library,
        "Quit",
        "Stop cleanly. What is done stays done.",
        &[(CTRL, Key::Q)],
    ),
];

/// The table's line of an action.
#[must_use]
pub fn of(action: Action) -> Option<&'static Entry> {
    TABLE.iter().find(|entry| entry.action == action)
}

#[cfg(test)]
mod tests {
    use super::{super::keys::shortcut_text, *};

    #[test]
    fn i18_no_two_actions_share_a_key_and_every_one_is_described() {
        let mut seen = std::collections::HashMap::new();
        for entry in TABLE {
            assert!(
                !entry.label.is_empty() && entry.hint.ends_with('.'),
                "{:?}",
                entry.action
            );
            for (modifiers, key) in entry.keys {
                let before = seen.insert((modifiers.command, modifiers.shift, *key), entry.action);
                assert_eq!(before, None, "{} has two actions", shortcut_text((*modifiers, *key)));
            }
        }
        let mut actions: Vec<Action> = TABLE.iter().map(|entry| entry.action).collect();
        let count = actions.len();
        actions.dedup();
        assert_eq!(actions.len(), count);
    }
}
