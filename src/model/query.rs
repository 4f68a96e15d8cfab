//! The query language of the search box, the command line and smart albums.
