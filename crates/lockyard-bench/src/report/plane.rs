//! The plane that charts of the page are drawn on: one drawing for every width.
//!
//! The lines are stretched to whatever room there is, with strokes that are not. What is text stands beside and over them as
//! text of the page, placed by shares of the plane: so it is as legible on a phone as on a wall, and can be read aloud. Colours
//! are variables of the page, so that a chart follows light and dark, print, and what a reader picks, without a second drawing.

use std::fmt::Write as _;

use maud::{Markup, PreEscaped, html};

use super::axis::Axis;
use super::labels::apart;

/// The lines are drawn in thousandths of the plane.
const UNITS: f64 = 1000.0;

/// A chart.
pub(super) struct Plane<'a> {
    /// What is drawn, in a sentence: it is read aloud in place of the drawing.
    pub title: &'a str,
    pub x: &'a Axis,
    pub y: &'a Axis,
    /// What is behind comes first.
    pub shapes: Vec<Shape>,
    /// Names at the right edge, each at the height of what it names.
    pub names: Vec<Name<'a>>,
    /// Names within the plane, each beside its point.
    pub beside: Vec<Beside<'a>>,
    /// A dashed line across, at this height.
    pub across: Option<f64>,
    /// Dashed lines from the top down, where what is on the left has nothing to do with what is on the right.
    pub breaks: Vec<f64>,
}

/// The style of charts.
pub(super) const STYLE: &str = include_str!("plane.css");

/// How something is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stroke {
    Line,
    Dashed,
    Thin,
    Dots,
    Rings,
    /// From each point to the next one, in pairs.
    Whiskers,
}

/// Something drawn in one colour.
pub(super) struct Shape {
    /// Whose it is: the strategy's number.
    pub of: usize,
    pub stroke: Stroke,
    pub points: Vec<(f64, f64)>,
    /// What is said where a pointer rests on it.
    pub tip: String,
}

/// A name at the right edge.
pub(super) struct Name<'a> {
    pub of: usize,
    pub text: &'a str,
    pub at: f64,
    /// Whether it stands there always, or only once it is picked.
    pub loud: bool,
}

/// A name beside its point.
pub(super) struct Beside<'a> {
    pub of: usize,
    pub text: &'a str,
    pub at: (f64, f64),
    pub loud: bool,
}

impl Plane<'_> {
    pub fn drawn(&self) -> Markup {
        let grid = self.grid();
        html! {
            div.plane role="img" aria-label=(self.title) {
                div.y { @for (at, text) in &self.y.ticks {
                    span style=(format!("bottom:{}", percent(self.y.share(*at)))) { (text) }
                } }
                div.area {
                    svg viewBox="0 0 1000 1000" preserveAspectRatio="none" aria-hidden="true" {
                        path.grid d=(grid) {}
                        @if let Some(across) = self.across {
                            path.across d=(format!("M0 {0}H1000", self.down(across))) {}
                        }
                        @for at in &self.breaks { path.break d=(format!("M{} 0V1000", self.right(*at))) {} }
                        @for shape in &self.shapes { (self.shape(shape)) }
                    }
                    (self.names_within())
                }
                (self.names())
                div.x { @for (at, text) in &self.x.ticks {
                    span style=(format!("left:{}", percent(self.x.share(*at)))) { (text) }
                } }
            }
            p.axes { (self.y.name) " against " (self.x.name) }
        }
    }

    fn right(&self, value: f64) -> i32 {
        units(self.x.share(value))
    }

    fn down(&self, value: f64) -> i32 {
        units(1.0 - self.y.share(value))
    }

    fn grid(&self) -> String {
        let across = self.y.ticks.iter().map(|(at, _)| format!("M0 {}H1000", self.down(*at)));
        let down = self.x.ticks.iter().map(|(at, _)| format!("M{} 0V1000", self.right(*at)));
        across.chain(down).collect()
    }

    fn shape(&self, it: &Shape) -> Markup {
        let mut path = Path::default();
        for (nth, (x, y)) in it.points.iter().enumerate() {
            let at = (self.right(*x), self.down(*y));
            match it.stroke {
                Stroke::Dots | Stroke::Rings => {
                    path.begin(at);
                    path.d += "h0";
                }
                _ if nth == 0 || it.stroke == Stroke::Whiskers && nth % 2 == 0 => path.begin(at),
                _ => path.lead_to(at),
            }
        }
        let path = path.d;
        let class = match it.stroke {
            Stroke::Line => "line",
            Stroke::Dashed => "dashed",
            Stroke::Thin | Stroke::Whiskers => "thin",
            Stroke::Dots => "dots",
            Stroke::Rings => "rings",
        };
        let title = if it.tip.is_empty() {
            PreEscaped(String::new())
        } else {
            html! { title { (it.tip) } }
        };
        // The tip of a line is easier to hit on a wider stroke that is not seen, and costs more than it gives: so no second path.
        html! {
            path class=(class) data-s=(it.of) d=(path) { (title) }
            @if it.stroke == Stroke::Rings { path.hole d=(path) {} }
        }
    }

    /// Names at the edge, moved apart where they would touch, each with a line from what it names.
    fn names(&self) -> Markup {
        let mut names: Vec<_> = self.names.iter().map(|it| (it, 1.0 - self.y.share(it.at))).collect();
        names.sort_by(|a, b| a.1.total_cmp(&b.1));
        let loud: Vec<f64> = names.iter().filter(|(it, _)| it.loud).map(|(_, at)| *at).collect();
        let mut moved = apart(&loud, 0.065, 1.0).into_iter();
        let placed =
            names.iter().map(|(it, at)| (*it, *at, if it.loud { moved.next().unwrap_or(*at) } else { *at }));
        html! {
            @if !names.is_empty() {
                div.names {
                    @for (it, _, at) in placed {
                        span class=[(!it.loud).then_some("quiet")] data-s=(it.of)
                            style=(format!("top:{}", percent(at))) { (it.text) }
                    }
                }
            }
        }
    }

    fn names_within(&self) -> Markup {
        let places: Vec<_> =
            self.beside.iter().map(|it| (self.x.share(it.at.0), 1.0 - self.y.share(it.at.1))).collect();
        let mut taken: Vec<[f64; 4]> = Vec::new();
        html! { @for (it, (right, down)) in self.beside.iter().zip(&places) {
            @let side = side(&places, &mut taken, (*right, *down), it);
            span class=(if it.loud && side.is_some() { "beside" } else { "beside quiet" }) data-s=(it.of)
                style=(format!("left:{};top:{}{}", percent(*right), percent(*down), side.unwrap_or(SIDES[0].words))) { (it.text) }
        } }
    }
}

/// A share of the plane, in the units in which is drawn.
pub(super) fn units(share: f64) -> i32 {
    (share * UNITS).round().max(0.0) as i32
}

/// The data of a path. Its lines say how far they lead, which is shorter than to where.
#[derive(Default)]
pub(super) struct Path {
    pub d: String,
    at: (i32, i32),
}

impl Path {
    /// Begins a line here.
    pub fn begin(&mut self, (right, down): (i32, i32)) {
        self.at = (right, down);
        // Writing to a string cannot fail.
        let _ = write!(self.d, "M{right} {down}");
    }

    /// Leads the line on.
    pub fn lead_to(&mut self, (right, down): (i32, i32)) {
        let (right_by, down_by) = (right - self.at.0, down - self.at.1);
        // A sign parts numbers as a space does.
        let between = if down_by < 0 { "" } else { " " };
        self.at = (right, down);
        let _ = write!(self.d, "l{right_by}{between}{down_by}");
    }
}

/// A side of a point, where its name may stand.
struct Side {
    /// How far from the point the name begins: so many times its width and its height, and shares of the plane besides.
    of_size: (f64, f64),
    gap: (f64, f64),
    /// The same for the style; empty for that of all names.
    words: &'static str,
}

const SIDES: [Side; 4] = [
    Side { of_size: (0.0, -0.5), gap: (0.01, 0.0), words: "" },
    Side { of_size: (-1.0, -0.5), gap: (-0.01, 0.0), words: ";transform:translate(calc(-100% - .6em),-50%)" },
    Side { of_size: (-0.5, -1.0), gap: (0.0, -0.02), words: ";transform:translate(-50%,-130%)" },
    Side { of_size: (-0.5, 0.0), gap: (0.0, 0.02), words: ";transform:translate(-50%,30%)" },
];

/// The first side that is free, on a plane of the usual size: on a smaller one names may touch.
fn side(
    points: &[(f64, f64)],
    taken: &mut Vec<[f64; 4]>,
    (right, down): (f64, f64),
    it: &Beside<'_>,
) -> Option<&'static str> {
    if !it.loud {
        return None;
    }
    let (width, height) = (it.text.chars().count() as f64 * 0.0115, 0.06);
    for Side { of_size, gap, words } in SIDES {
        let (left, top) = (right + of_size.0 * width + gap.0, down + of_size.1 * height + gap.1);
        let place = [left, top, left + width, top + height];
        let within = place[0] >= 0.0 && place[2] <= 1.01 && place[1] >= -0.03 && place[3] <= 1.0;
        let is_free = !taken.iter().any(|other| overlap(*other, place));
        let hides = points.iter().any(|(x, y)| {
            (*x, *y) != (right, down) && (place[0]..place[2]).contains(x) && (place[1]..place[3]).contains(y)
        });
        if within && is_free && !hides {
            taken.push(place);
            return Some(words);
        }
    }
    None
}

fn overlap(a: [f64; 4], b: [f64; 4]) -> bool {
    a[0] < b[2] && b[0] < a[2] && a[1] < b[3] && b[1] < a[3]
}

fn percent(share: f64) -> String {
    format!("{:.1}%", share * 100.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plane_has_one_drawing_and_its_words_as_text() {
        let (x, y) = (
            Axis::between([0.0, 1.0], vec![(0.5, "half".to_owned())], "x"),
            Axis::between([0.0, 2.0], vec![(1.0, "one".to_owned())], "y"),
        );
        let shape =
            |stroke| Shape { of: 1, stroke, points: vec![(0.0, 0.0), (1.0, 2.0)], tip: "a < b".to_owned() };
        let plane = Plane {
            title: "a chart",
            x: &x,
            y: &y,
            shapes: vec![shape(Stroke::Line), shape(Stroke::Dots)],
            names: Vec::new(),
            beside: Vec::new(),
            across: None,
            breaks: Vec::new(),
        };
        let drawn = plane.drawn().into_string();
        assert_eq!(drawn.matches("<svg").count(), 1);
        assert!(drawn.contains("M0 1000l1000-1000") && drawn.contains("M0 1000h0M1000 0h0"), "{drawn}");
        assert!(
            drawn.contains("<title>a &lt; b</title>")
                && drawn.contains("left:50.0%")
                && drawn.contains(">half<")
        );
    }
}
