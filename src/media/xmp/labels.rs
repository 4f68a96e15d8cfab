//! The words for colour labels. `xmp:Label` is free text: Lightroom writes the names of its set in its own language, Bridge
//! other words for the same five, digiKam and Photo Mechanic numbers.

use crate::model::{fold::fold, rating::ColorLabel};

/// Words for red, yellow, green, blue and purple: Lightroom's default set in its languages, and Bridge's.
const WORDS: &[[&[&str]; 5]] = &[
    [
        &[
            "red", "rot", "rouge", "rojo", "rosso", "vermelho", "rood", "röd", "rød", "punainen",
        ],
        &[
            "yellow",
            "gelb",
            "jaune",
            "amarillo",
            "giallo",
            "amarelo",
            "geel",
            "gul",
            "keltainen",
        ],
        &[
            "green", "grün", "vert", "verde", "groen", "grön", "grøn", "grønn", "vihreä",
        ],
        &["blue", "blau", "bleu", "azul", "blu", "blauw", "blå", "sininen"],
        &[
            "purple", "lila", "violett", "purpur", "violet", "pourpre", "púrpura", "morado", "viola", "porpora",
            "roxo", "paars", "lilla", "purppura", "violetti",
        ],
    ],
    [
        &[
            "czerwony",
            "červená",
            "красный",
            "piros",
            "vörös",
            "kırmızı",
            "roșu",
            "červený",
        ],
        &["żółty", "žlutá", "желтый", "жёлтый", "sárga", "sarı", "galben", "žltá"],
        &["zielony", "zelená", "зеленый", "зелёный", "zöld", "yeşil"],
        &["niebieski", "modrá", "синий", "голубой", "kék", "mavi", "albastru"],
        &[
            "fioletowy",
            "purpurowy",
            "fialová",
            "purpurová",
            "фиолетовый",
            "пурпурный",
            "bíbor",
            "mor",
        ],
    ],
    [
        &["レッド", "赤", "红色", "紅色", "빨강", "빨간색", "빨강색"],
        &["イエロー", "黄", "黄色", "黃色", "노랑", "노란색", "노랑색"],
        &["グリーン", "緑", "绿色", "綠色", "녹색", "초록", "초록색"],
        &["ブルー", "青", "蓝色", "藍色", "파랑", "파란색", "파랑색"],
        &["パープル", "紫", "紫色", "자주", "자주색", "보라", "보라색"],
    ],
    [&["select"], &["second"], &["approved"], &["review"], &["to do"]],
];

const COLORS: [ColorLabel; 5] = [
    ColorLabel::Red,
    ColorLabel::Yellow,
    ColorLabel::Green,
    ColorLabel::Blue,
    ColorLabel::Purple,
];

/// The colour that a label's text means; none for a text of the person's own.
pub(super) fn of_word(text: &str) -> Option<ColorLabel> {
    let word = fold(text.trim());
    if word.is_empty() {
        return Some(ColorLabel::None);
    }
    COLORS
        .into_iter()
        .enumerate()
        .find(|(at, _)| {
            WORDS
                .iter()
                .filter_map(|language| language.get(*at))
                .any(|words| words.contains(&word.as_str()))
        })
        .map(|(_, color)| color)
}

/// What we write into `xmp:Label`.
pub(super) fn word(label: ColorLabel) -> &'static str {
    match label {
        ColorLabel::None => "",
        ColorLabel::Red => "Red",
        ColorLabel::Yellow => "Yellow",
        ColorLabel::Green => "Green",
        ColorLabel::Blue => "Blue",
        ColorLabel::Purple => "Purple",
    }
}

/// `digiKam:ColorLabel` (digiKam's `dmetadata_labels.cpp`, which gives "Purple" as the word for its magenta); its orange, grey,
/// black and white have no label here, and stay as they are. digiKam reads `photoshop:Urgency` as a number of its own
/// colours where there is no other, since Nikon's programs keep theirs there; to an editor it is how urgent a picture is (8
/// is least), so that here it is no colour.
pub(super) fn of_digikam(text: &str) -> Option<ColorLabel> {
    match text.trim() {
        "0" => Some(ColorLabel::None),
        "1" => Some(ColorLabel::Red),
        "3" => Some(ColorLabel::Yellow),
        "4" => Some(ColorLabel::Green),
        "5" => Some(ColorLabel::Blue),
        "6" => Some(ColorLabel::Purple),
        _ => None,
    }
}

/// The number for `digiKam:ColorLabel`.
pub(super) fn digikam(label: ColorLabel) -> &'static str {
    match label {
        ColorLabel::None => "0",
        ColorLabel::Red => "1",
        ColorLabel::Yellow => "3",
        ColorLabel::Green => "4",
        ColorLabel::Blue => "5",
        ColorLabel::Purple => "6",
    }
}

/// `darktable:colorlabels`: 0 red, 1 yellow, 2 green, 3 blue, 4 purple.
pub(super) fn of_darktable(text: &str) -> Option<ColorLabel> {
    COLORS.get(text.trim().parse::<usize>().ok()?).copied()
}

/// The number for `darktable:colorlabels`; none for no label.
pub(super) fn darktable(label: ColorLabel) -> Option<String> {
    COLORS.iter().position(|color| *color == label).map(|at| at.to_string())
}

/// `photomechanic:ColorClass` in the colours that the classes have at first; its orange, cyan and grey have no label here. Camera
/// Bits' manual ("General Preferences") says that people set the colours themselves, and lists none: these are as remembered,
/// and whoever has other ones finds the class's number kept, and another colour shown.
pub(super) fn of_photomechanic(text: &str) -> Option<ColorLabel> {
    match text.trim() {
        "0" => Some(ColorLabel::None),
        "1" => Some(ColorLabel::Purple),
        "2" => Some(ColorLabel::Red),
        "4" => Some(ColorLabel::Yellow),
        "5" => Some(ColorLabel::Green),
        "7" => Some(ColorLabel::Blue),
        _ => None,
    }
}

/// The number for `photomechanic:ColorClass`.
pub(super) fn photomechanic(label: ColorLabel) -> &'static str {
    match label {
        ColorLabel::None => "0",
        ColorLabel::Purple => "1",
        ColorLabel::Red => "2",
        ColorLabel::Yellow => "4",
        ColorLabel::Green => "5",
        ColorLabel::Blue => "7",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_several_languages_and_programs() {
        for (text, label) in [
            ("Red", Some(ColorLabel::Red)),
            ("GRÜN", Some(ColorLabel::Green)),
            ("Синий", Some(ColorLabel::Blue)),
            ("イエロー", Some(ColorLabel::Yellow)),
            ("To Do", Some(ColorLabel::Purple)),
            ("", Some(ColorLabel::None)),
            ("Print this", None),
        ] {
            assert_eq!(of_word(text), label, "{text}");
        }
    }

    #[test]
    fn numbers_and_words_come_back() {
        for label in ColorLabel::ALL {
            assert_eq!(of_word(word(label)), Some(label));
            assert_eq!(of_digikam(digikam(label)), Some(label));
            assert_eq!(of_photomechanic(photomechanic(label)), Some(label));
            assert_eq!(
                darktable(label)
                    .and_then(|text| of_darktable(&text))
                    .unwrap_or_default(),
                label
            );
        }
    }
}
