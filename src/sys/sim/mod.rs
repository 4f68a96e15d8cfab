//! A file system in memory that crashes: what was not synced may be lost, torn or kept, what was synced is never touched.
//! A real kill keeps the page cache and so can never find a missing sync; this can. Everything follows from one seed.
//!
//! The fault atlas. What may go wrong here, and what may not, because no file system that we support does it:
//!
//! | Call | May go wrong | Never |
//! |---|---|---|
//! | any | fails with any kind, having done nothing; another program writes just before it; the machine stops in it | |
//! | `rename_new`, `exchange`, `unlink`, `make_dirs`, `replace` | fails although the change was made; stops with the change made or not | half of one change: a name is never shown by neither or both sides |
//! | `create_new` | the name is lost unless its folder is synced | another file's name is taken |
//! | `write` | stops or fails with a part written | |
//! | `sync` | fails: old, empty, torn or new content is on the disk | returns before the bytes are on the disk |
//! | `read` | fails in the middle; one bit of what lies there has turned over | gives fewer bytes than there are and says that is all |
//! | changes of names | those not synced persist as an arbitrary subset, in their order | what was synced is undone |
//!
//! What a person or another program does ([`Meddle`]) is on the disk at once, so that a test may ask for every byte of it.

mod calls;
mod disk;
#[cfg(test)]
mod tests;

pub use calls::{Killed, SimFs, Trouble};
pub use disk::Meddle;
