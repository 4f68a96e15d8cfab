//! `photomechanic:Prefs`, in which Photo Mechanic repeats tag, color class and stars: four numbers, `0:0:5:007311`, for
//! tagged, color class, stars and frame. ExifTool (its `PhotoMechanic.pm`) prints them with names, `Tagged:0, ColorClass:0,
//! Rating:5, FrameNum:007311`; where a program stored what it printed, that is read and changed as well.

/// The names of the numbers, in their order.
const NAMES: [&str; 4] = ["Tagged", "ColorClass", "Rating", "FrameNum"];

/// The numbers of the form without names; the frame may be anything.
fn numbers(prefs: &str) -> Option<Vec<&str>> {
    let parts: Vec<&str> = prefs.splitn(NAMES.len(), ':').map(str::trim).collect();
    let is_number = |part: &&str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    (parts.len() == NAMES.len() && parts.iter().take(NAMES.len() - 1).all(is_number)).then_some(parts)
}

/// One of the values, by its name.
pub(super) fn value(prefs: &str, name: &str) -> Option<String> {
    if let Some(numbers) = numbers(prefs) {
        let at = NAMES.iter().position(|known| *known == name)?;
        return numbers.get(at).map(|value| (*value).to_owned());
    }
    prefs.split(',').find_map(|part| {
        let (key, value) = part.split_once(':')?;
        (key.trim() == name).then(|| value.trim().to_owned())
    })
}

/// The same text with other values, in the form that it has; what it does not have is not added.
pub(super) fn changed(prefs: &str, values: &[(&str, String)]) -> String {
    let new = |name: &str| values.iter().find(|(known, _)| *known == name).map(|(_, value)| value);
    if let Some(numbers) = numbers(prefs) {
        let parts: Vec<&str> = numbers
            .into_iter()
            .zip(NAMES)
            .map(|(old, name)| new(name).map_or(old, String::as_str))
            .collect();
        return parts.join(":");
    }
    let named = |part: &str| {
        let (key, _) = part.split_once(':')?;
        Some(format!("{key}:{}", new(key.trim())?))
    };
    let parts: Vec<String> = prefs
        .split(',')
        .map(|part| named(part).unwrap_or_else(|| part.to_owned()))
        .collect();
    parts.join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_are_read_and_changed_and_nothing_else_is_touched() {
        let values = [("ColorClass", "2".to_owned()), ("Rating", "5".to_owned())];
        for (text, class, after) in [
            ("1:3:0:008771", Some("3"), "1:2:5:008771"),
            ("0:0:0:-00001", Some("0"), "0:2:5:-00001"),
            (
                "Tagged:1, ColorClass:7, Rating:4, FrameNum:3",
                Some("7"),
                "Tagged:1, ColorClass:2, Rating:5, FrameNum:3",
            ),
            ("Tagged:1, FrameNum:3", None, "Tagged:1, FrameNum:3"),
            ("1:3", None, "1:3"),
            ("a:b:c:d", None, "a:b:c:d"),
            ("::::", None, "::::"),
            ("", None, ""),
        ] {
            assert_eq!(value(text, "ColorClass").as_deref(), class, "{text}");
            assert_eq!(changed(text, &values), after, "{text}");
        }
        assert_eq!(value("1:3:0:008771", "FrameNum").as_deref(), Some("008771"));
        assert_eq!(value("1:3:0:008771", "Tagged").as_deref(), Some("1"));
        assert_eq!(value("1:3:0:008771", "Other"), None);
    }
}
