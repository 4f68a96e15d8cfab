//! The namespaces of the properties that Safelight reads and writes, with the prefixes that everybody uses for them.

pub(super) use super::tree::RDF;

/// Our own namespace.
pub const SAFELIGHT: &str = "https://safelight.photos/ns/1.0/";
pub(super) const ACDSEE: &str = "http://ns.acdsee.com/iptc/1.0/";
pub(super) const BASIC: &str = "http://ns.adobe.com/xap/1.0/";
pub(super) const DARKTABLE: &str = "http://darktable.sf.net/";
pub(super) const DC: &str = "http://purl.org/dc/elements/1.1/";
pub(super) const DIGIKAM: &str = "http://www.digikam.org/ns/1.0/";
pub(super) const DYNAMIC: &str = "http://ns.adobe.com/xmp/1.0/DynamicMedia/";
pub(super) const EXIF: &str = "http://ns.adobe.com/exif/1.0/";
pub(super) const LIGHTROOM: &str = "http://ns.adobe.com/lightroom/1.0/";
pub(super) const MEDIAPRO: &str = "http://ns.iview-multimedia.com/mediapro/1.0/";
pub(super) const MICROSOFT: &str = "http://ns.microsoft.com/photo/1.0/";
pub(super) const PHOTOMECHANIC: &str = "http://ns.camerabits.com/photomechanic/1.0/";
pub(super) const PHOTOSHOP: &str = "http://ns.adobe.com/photoshop/1.0/";
pub(super) const TIFF: &str = "http://ns.adobe.com/tiff/1.0/";

/// The usual prefix of a namespace that we write.
pub(super) fn prefix(space: &str) -> &'static str {
    match space {
        BASIC => "xmp",
        DC => "dc",
        DIGIKAM => "digiKam",
        DYNAMIC => "xmpDM",
        EXIF => "exif",
        LIGHTROOM => "lr",
        PHOTOSHOP => "photoshop",
        SAFELIGHT => "safelight",
        _ => "ns",
    }
}
