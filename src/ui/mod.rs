//! The window: an immediate-mode skin over the engine's `Handle`. It draws snapshots and sends commands; it does no IO,
//! knows no rule and opens no path (I1). Every action is in `action::TABLE` (I18), every colour in `theme`.

pub mod action;
mod badge;
mod fonts;
mod icon;
mod layout;
mod pictures;
mod select;
mod text;
mod theme;
mod widget;
