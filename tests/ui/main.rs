//! Behaviour of the window, driven through its accessibility tree on the real `App` with nobody behind its handle: no
//! display, no graphics card, no pictures to compare.

mod fixture;
mod library;
mod names;
mod safety;
