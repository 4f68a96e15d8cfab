//! The window: an immediate-mode skin over the engine's `Handle`. It draws snapshots and sends commands; it does no IO,
//! knows no rule and opens no path (I1). Every action is in `action::TABLE` (I18), every colour in `theme`.

pub mod action;
mod add_store;
mod app;
mod backup;
mod badge;
mod dialog;
mod dispatch;
mod exposure;
mod first_run;
mod fonts;
mod frame;
mod grid;
mod icon;
mod inspector;
mod keys;
mod layout;
mod limits;
mod loupe;
mod overlay;
mod picker;
mod pictures;
mod prefetch;
mod queue;
mod run;
mod select;
mod sidebar;
mod state;
mod status;
mod stores;
mod summary;
mod text;
mod theme;
mod tile;
mod topbar;
mod widget;

pub use app::App;
pub use keys::shortcut_text;
pub use run::{Options, RunError, Screenshot, run};
pub use state::Page;
