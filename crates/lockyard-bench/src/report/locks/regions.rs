//! Points side by side that have the same leader: a region of a map, and what can be said of it in a sentence.
//!
//! A lock that is among the leaders of many points has one region there, also where others are tied with it: the sentence says
//! at how many of them it leads alone. Which region comes first is greedy: the largest that is left.

use super::super::format;
use super::map::{LockMap, MapPoint, Standings};

/// Points side by side of which the same can be said.
pub(super) struct LockRegion<'a> {
    /// The lock that leads at all of them; none where no difference was seen, or none can be told.
    pub lock: Option<&'a str>,
    pub points: Vec<&'a MapPoint>,
}

/// The sentences of a map, the largest region first.
pub(crate) fn sentences(map: &LockMap, baseline: Option<&str>) -> Vec<String> {
    regions(map).iter().map(|region| sentence(map, region, baseline)).collect()
}

/// The regions of a map, the largest first. Every point is in one of them.
pub(super) fn regions(map: &LockMap) -> Vec<LockRegion<'_>> {
    let mut found = Vec::new();
    for standing in [Standings::Alike, Standings::Undecided] {
        let mut left: Vec<_> = map.points.iter().filter(|point| point.standing == standing).collect();
        while let Some(points) = largest(&left) {
            left.retain(|point| !points.iter().any(|it| it.at == point.at));
            found.push(LockRegion { lock: None, points });
        }
    }
    let mut left: Vec<_> = map.points.iter().filter(|point| point.standing == Standings::Led).collect();
    while !left.is_empty() {
        let mut names: Vec<&str> = Vec::new();
        for leader in left.iter().flat_map(|point| &point.leaders) {
            if !names.contains(&leader.name.as_str()) {
                names.push(&leader.name);
            }
        }
        let of_lock = |name: &'_ str| {
            let leads = |point: &&MapPoint| point.leaders.iter().any(|it| it.name == name);
            largest(&left.iter().copied().filter(leads).collect::<Vec<_>>())
        };
        let all = names.iter().filter_map(|name| Some((*name, of_lock(name)?)));
        // Of as many points that with more of its own; else the one that came first.
        let best = first_max(all, |(_, points)| (points.len(), alone(points)));
        let Some((name, points)) = best else { break };
        left.retain(|point| !points.iter().any(|it| it.at == point.at));
        found.push(LockRegion { lock: Some(name), points });
    }
    found.sort_by_key(|region| std::cmp::Reverse(region.points.len()));
    found
}

/// The first of those that are greatest, where [`Iterator::max_by_key`] gives the last.
fn first_max<T, K: Ord>(items: impl Iterator<Item = T>, key: impl Fn(&T) -> K) -> Option<T> {
    items.reduce(|first, next| if key(&next) > key(&first) { next } else { first })
}

/// At how many of them one leads by itself.
fn alone(points: &[&MapPoint]) -> usize {
    points.iter().filter(|point| point.leaders.len() == 1).count()
}

/// The largest part of these whose points lie side by side.
fn largest<'a>(of: &[&'a MapPoint]) -> Option<Vec<&'a MapPoint>> {
    let mut left = of.to_vec();
    let mut parts: Vec<Vec<&MapPoint>> = Vec::new();
    while let Some(first) = left.pop() {
        let (mut part, mut seen) = (vec![first], 0);
        while let Some(point) = part.get(seen).copied() {
            seen += 1;
            let (beside, others) = left.into_iter().partition(|it| point.is_beside(it));
            left = others;
            part.extend::<Vec<_>>(beside);
        }
        part.sort_by_key(|point| point.at);
        parts.push(part);
    }
    parts.sort_by_key(|part| part[0].at);
    first_max(parts.into_iter(), Vec::len)
}

impl MapPoint {
    fn is_beside(&self, other: &Self) -> bool {
        self.at.0.abs_diff(other.at.0) + self.at.1.abs_diff(other.at.1) == 1
    }
}

/// What can be said of a region.
fn sentence(map: &LockMap, region: &LockRegion<'_>, baseline: Option<&str>) -> String {
    let points = &region.points;
    let place = area(map, points);
    let Some(lock) = region.lock else {
        return match points[0].standing {
            Standings::Undecided => {
                format!("{place}: no winner, for what leads is known too imprecisely; run longer.")
            }
            _ => format!("{place}: no difference was seen between the locks."),
        };
    };
    let (of, alone) = (points.len(), alone(points));
    let mut others: Vec<String> = Vec::new();
    for leader in points.iter().flat_map(|point| &point.leaders) {
        let name = format!("“{}”", leader.name);
        if leader.name != lock && !others.contains(&name) {
            others.push(name);
        }
    }
    let others = match others.len() {
        few @ ..=4 => list_or(&others[..few]),
        _ => list_or(&[others[..3].to_vec(), vec![format!("{} more", others.len() - 3)]].concat()),
    };
    let all = match of {
        1 => String::new(),
        2 => " at both points".to_owned(),
        _ => format!(" at all {of} points"),
    };
    let lead = match (alone, of) {
        (alone, of) if alone == of => format!("“{lock}” is fastest{all}"),
        (0, 1) => format!("“{lock}” is highest, and no difference from {others} was seen"),
        (0, _) => {
            format!("“{lock}” is among the fastest{all}, alone at none; no difference from {others} was seen")
        }
        _ => format!(
            "“{lock}” is among the fastest{all}, alone at {alone}; at the others no difference from {others} was seen"
        ),
    };
    format!("{place}: {lead}{}.", margin(points, lock, baseline))
}

/// By how much it leads the baseline; nothing where it is the baseline itself, or is not parted from it.
fn margin(points: &[&MapPoint], lock: &str, baseline: Option<&str>) -> String {
    let Some(baseline) = baseline else { return String::new() };
    let leads = |point: &&MapPoint| point.leaders.iter().find(|it| it.name == lock)?.ratio;
    let ratios: Vec<_> = points.iter().filter_map(leads).map(|(ratio, _)| ratio).collect();
    let least = ratios.iter().copied().reduce(f64::min);
    let most = ratios.iter().copied().reduce(f64::max);
    match least.zip(most) {
        Some((least, most)) if format!("{least:.2}") == format!("{most:.2}") => {
            format!("; ×{least:.2} of “{baseline}”")
        }
        Some((least, most)) => format!("; ×{least:.2} to ×{most:.2} of “{baseline}”"),
        None => String::new(),
    }
}

/// "a, b or c".
fn list_or(items: &[String]) -> String {
    match items {
        [] => String::new(),
        [one] => one.clone(),
        [most @ .., last] => format!("{} or {last}", most.join(", ")),
    }
}

/// Where it lies: "held for 0 to 1 µs with 0 to 50 % reads, for 10 µs with 0 % reads". Hold times with the same shares of reads
/// are named together.
fn area(map: &LockMap, points: &[&MapPoint]) -> String {
    let mut parts: Vec<(Vec<usize>, Vec<usize>)> = Vec::new();
    for hold in 0..map.holds.len() {
        let reads: Vec<_> =
            points.iter().filter(|point| point.at.0 == hold).map(|point| point.at.1).collect();
        match parts.last_mut() {
            _ if reads.is_empty() => {}
            Some((holds, same)) if *same == reads && holds.last() == hold.checked_sub(1).as_ref() => {
                holds.push(hold);
            }
            _ => parts.push((vec![hold], reads)),
        }
    }
    let shown = |(nth, (holds, reads)): (usize, &(Vec<usize>, Vec<usize>))| {
        let holds = spans(holds, |at| hold(map.holds[at]), "");
        let reads = spans(reads, |at| map.reads[at].to_string(), " %");
        format!("{}for {holds} with {reads} reads", if nth == 0 { "Held " } else { "" })
    };
    parts.iter().enumerate().map(shown).collect::<Vec<_>>().join(", ")
}

/// Neighbours on an axis as one span: "0 to 50 %", "0 and 90 to 100 %".
fn spans(at: &[usize], shown: impl Fn(usize) -> String, unit: &str) -> String {
    let mut spans: Vec<[usize; 2]> = Vec::new();
    for &it in at {
        match spans.last_mut() {
            Some([_, last]) if *last + 1 == it => *last = it,
            _ => spans.push([it, it]),
        }
    }
    let words: Vec<_> = spans
        .iter()
        .map(|[first, last]| {
            let first_shown = shown(*first);
            if first == last { first_shown } else { format!("{first_shown} to {}", shown(*last)) }
        })
        .collect();
    format::list(&words) + unit
}

/// A hold time: `0`, `300 ns`, `10 µs`.
pub(crate) fn hold(ns: u64) -> String {
    if ns == 0 { "0".to_owned() } else { format::tick_nanos(ns as f64) }
}
