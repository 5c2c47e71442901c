//! How the text for a terminal is to look: its width, its colours, and how much of it.

/// Whether the text may hold colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Colour {
    /// Plain text, for files and pipes.
    Plain,
    /// ANSI escapes, for a terminal.
    Ansi,
}

/// How the text for a terminal is to look.
///
/// ```
/// use lockyard_bench::report::TextOptions;
///
/// let wide = TextOptions { width: 120, ..TextOptions::default() };
/// assert!(!wide.all, "the first screen alone");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TextOptions {
    /// Whether it may hold colours.
    pub colour: Colour,
    /// The columns that lines keep to. Fewer than 40 are taken as 40.
    pub width: usize,
    /// Every table below the first screen.
    pub all: bool,
}

impl Default for TextOptions {
    /// Plain text in 80 columns, the first screen alone.
    fn default() -> Self {
        Self { colour: Colour::Plain, width: 80, all: false }
    }
}

/// The narrowest terminal that numbers fit into.
const NARROWEST: usize = 40;

/// The widest that tables are drawn for.
const WIDEST: usize = 400;

impl TextOptions {
    /// The same with a width for which everything can be drawn.
    pub(crate) fn bounded(self) -> Self {
        Self { width: self.width.clamp(NARROWEST, WIDEST), ..self }
    }
}
