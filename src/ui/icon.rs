//! The icons of the Lucide font, by the names that Lucide gives them.

/// `album`.
pub const ALBUM: &str = "\u{e03b}";
/// `archive-restore`.
pub const ARCHIVE_RESTORE: &str = "\u{e2cd}";
/// `arrow-down-up`.
pub const ARROW_DOWN_UP: &str = "\u{e046}";
/// `check`.
pub const CHECK: &str = "\u{e06c}";
/// `chevron-down`.
pub const CHEVRON_DOWN: &str = "\u{e06d}";
/// `chevron-right`.
pub const CHEVRON_RIGHT: &str = "\u{e06f}";
/// `circle-check`.
pub const CIRCLE_CHECK: &str = "\u{e226}";
/// `circle-x`.
pub const CIRCLE_X: &str = "\u{e084}";
/// `clock`.
pub const CLOCK: &str = "\u{e087}";
/// `cloud`.
pub const CLOUD: &str = "\u{e088}";
/// `cloud-upload`.
pub const CLOUD_UPLOAD: &str = "\u{e091}";
/// `command`.
pub const COMMAND: &str = "\u{e09a}";
/// `ellipsis`.
pub const ELLIPSIS: &str = "\u{e0b6}";
/// `eye`.
pub const EYE: &str = "\u{e0ba}";
/// `file`.
pub const FILE: &str = "\u{e0c0}";
/// `file-image`.
pub const FILE_IMAGE: &str = "\u{e31c}";
/// `file-warning`.
pub const FILE_WARNING: &str = "\u{e319}";
/// `film`.
pub const FILM: &str = "\u{e0d0}";
/// `flag`.
pub const FLAG: &str = "\u{e0d1}";
/// `flag-off`.
pub const FLAG_OFF: &str = "\u{e292}";
/// `folder`.
pub const FOLDER: &str = "\u{e0d7}";
/// `folder-open`.
pub const FOLDER_OPEN: &str = "\u{e247}";
/// `folder-plus`.
pub const FOLDER_PLUS: &str = "\u{e0d9}";
/// `hard-drive`.
pub const HARD_DRIVE: &str = "\u{e0ed}";
/// `image`.
pub const IMAGE: &str = "\u{e0f6}";
/// `images`.
pub const IMAGES: &str = "\u{e5c4}";
/// `info`.
pub const INFO: &str = "\u{e0f9}";
/// `layout-grid`.
pub const LAYOUT_GRID: &str = "\u{e0ff}";
/// `layers`.
pub const LAYERS: &str = "\u{e529}";
/// `map`.
pub const MAP: &str = "\u{e110}";
/// `map-pin`.
pub const MAP_PIN: &str = "\u{e111}";
/// `maximize`.
pub const MAXIMIZE: &str = "\u{e112}";
/// `minus`.
pub const MINUS: &str = "\u{e11c}";
/// `panel-left`.
pub const PANEL_LEFT: &str = "\u{e12a}";
/// `panel-right`.
pub const PANEL_RIGHT: &str = "\u{e431}";
/// `pause`.
pub const PAUSE: &str = "\u{e12e}";
/// `play`.
pub const PLAY: &str = "\u{e13c}";
/// `plus`.
pub const PLUS: &str = "\u{e13d}";
/// `refresh-cw`.
pub const REFRESH_CW: &str = "\u{e145}";
/// `search`.
pub const SEARCH: &str = "\u{e151}";
/// `search-x`.
pub const SEARCH_X: &str = "\u{e4ad}";
/// `server`.
pub const SERVER: &str = "\u{e153}";
/// `shield-check`.
pub const SHIELD_CHECK: &str = "\u{e1ff}";
/// `sparkles`.
pub const SPARKLES: &str = "\u{e412}";
/// `star`.
pub const STAR: &str = "\u{e176}";
/// `trash-2`.
pub const TRASH_2: &str = "\u{e18e}";
/// `triangle-alert`.
pub const TRIANGLE_ALERT: &str = "\u{e193}";
/// `unplug`.
pub const UNPLUG: &str = "\u{e45d}";
/// `x`.
pub const X: &str = "\u{e1b2}";
/// `circle`.
pub const CIRCLE: &str = "\u{e076}";
/// `keyboard`.
pub const KEYBOARD: &str = "\u{e284}";
/// `rotate-ccw`.
pub const ROTATE_CCW: &str = "\u{e148}";
/// `settings-2`.
pub const SETTINGS_2: &str = "\u{e245}";
/// `sliders-horizontal`.
pub const SLIDERS_HORIZONTAL: &str = "\u{e29a}";
/// `file-text`.
pub const FILE_TEXT: &str = "\u{e0cc}";
/// `database`.
pub const DATABASE: &str = "\u{e0ad}";
/// `copy`.
pub const COPY: &str = "\u{e09e}";
