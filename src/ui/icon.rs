//! The icons of the Lucide font, by the names that Lucide gives them.

/// `album`.
pub const ALBUM: &str = "\u{e03b}";
/// `archive-restore`.
pub const ARCHIVE_RESTORE: &str = "\u{e2cd}";
/// `arrow-down-up`.
pub const ARROW_DOWN_UP: &str = "\u{e046}";
/// `ban`.
pub const BAN: &str = "\u{e051}";
/// `bookmark`.
pub const BOOKMARK: &str = "\u{e060}";
/// `camera`.
pub const CAMERA: &str = "\u{e064}";
/// `check`.
pub const CHECK: &str = "\u{e06c}";
/// `chevron-down`.
pub const CHEVRON_DOWN: &str = "\u{e06d}";
/// `chevron-left`.
pub const CHEVRON_LEFT: &str = "\u{e06e}";
/// `chevron-right`.
pub const CHEVRON_RIGHT: &str = "\u{e06f}";
/// `circle-alert`.
pub const CIRCLE_ALERT: &str = "\u{e077}";
/// `circle-check`.
pub const CIRCLE_CHECK: &str = "\u{e226}";
/// `circle-question-mark`.
pub const CIRCLE_QUESTION_MARK: &str = "\u{e082}";
/// `circle-x`.
pub const CIRCLE_X: &str = "\u{e084}";
/// `clock`.
pub const CLOCK: &str = "\u{e087}";
/// `cloud`.
pub const CLOUD: &str = "\u{e088}";
/// `cloud-check`.
pub const CLOUD_CHECK: &str = "\u{e66e}";
/// `cloud-upload`.
pub const CLOUD_UPLOAD: &str = "\u{e091}";
/// `command`.
pub const COMMAND: &str = "\u{e09a}";
/// `copy`.
pub const COPY: &str = "\u{e09e}";
/// `download`.
pub const DOWNLOAD: &str = "\u{e0b2}";
/// `ellipsis`.
pub const ELLIPSIS: &str = "\u{e0b6}";
/// `eye`.
pub const EYE: &str = "\u{e0ba}";
/// `file`.
pub const FILE: &str = "\u{e0c0}";
/// `file-image`.
pub const FILE_IMAGE: &str = "\u{e31c}";
/// `file-question-mark`.
pub const FILE_QUESTION_MARK: &str = "\u{e322}";
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
/// `folder-x`.
pub const FOLDER_X: &str = "\u{e33e}";
/// `funnel`.
pub const FUNNEL: &str = "\u{e0dc}";
/// `grid-3x3`.
pub const GRID_3X3: &str = "\u{e0e9}";
/// `hard-drive`.
pub const HARD_DRIVE: &str = "\u{e0ed}";
/// `history`.
pub const HISTORY: &str = "\u{e1f5}";
/// `hourglass`.
pub const HOURGLASS: &str = "\u{e296}";
/// `image`.
pub const IMAGE: &str = "\u{e0f6}";
/// `image-off`.
pub const IMAGE_OFF: &str = "\u{e1c0}";
/// `image-plus`.
pub const IMAGE_PLUS: &str = "\u{e1f7}";
/// `images`.
pub const IMAGES: &str = "\u{e5c4}";
/// `info`.
pub const INFO: &str = "\u{e0f9}";
/// `keyboard`.
pub const KEYBOARD: &str = "\u{e284}";
/// `layers`.
pub const LAYERS: &str = "\u{e529}";
/// `layout-grid`.
pub const LAYOUT_GRID: &str = "\u{e0ff}";
/// `lock`.
pub const LOCK: &str = "\u{e10b}";
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
/// `plug`.
pub const PLUG: &str = "\u{e37f}";
/// `plus`.
pub const PLUS: &str = "\u{e13d}";
/// `proportions`.
pub const PROPORTIONS: &str = "\u{e5cf}";
/// `redo-2`.
pub const REDO_2: &str = "\u{e2a0}";
/// `refresh-cw`.
pub const REFRESH_CW: &str = "\u{e145}";
/// `rotate-ccw`.
pub const ROTATE_CCW: &str = "\u{e148}";
/// `rotate-cw`.
pub const ROTATE_CW: &str = "\u{e149}";
/// `search`.
pub const SEARCH: &str = "\u{e151}";
/// `search-x`.
pub const SEARCH_X: &str = "\u{e4ad}";
/// `send`.
pub const SEND: &str = "\u{e152}";
/// `server`.
pub const SERVER: &str = "\u{e153}";
/// `shield`.
pub const SHIELD: &str = "\u{e158}";
/// `shield-alert`.
pub const SHIELD_ALERT: &str = "\u{e1fe}";
/// `shield-check`.
pub const SHIELD_CHECK: &str = "\u{e1ff}";
/// `sparkles`.
pub const SPARKLES: &str = "\u{e412}";
/// `star`.
pub const STAR: &str = "\u{e176}";
/// `tag`.
pub const TAG: &str = "\u{e17f}";
/// `trash-2`.
pub const TRASH_2: &str = "\u{e18e}";
/// `triangle-alert`.
pub const TRIANGLE_ALERT: &str = "\u{e193}";
/// `undo-2`.
pub const UNDO_2: &str = "\u{e2a1}";
/// `unplug`.
pub const UNPLUG: &str = "\u{e45d}";
/// `wrench`.
pub const WRENCH: &str = "\u{e1b1}";
/// `x`.
pub const X: &str = "\u{e1b2}";
/// `zap`.
pub const ZAP: &str = "\u{e1b4}";
/// `zoom-in`.
pub const ZOOM_IN: &str = "\u{e1b6}";
