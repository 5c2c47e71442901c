//! Labels beside the ends of lines: as near to them as they can be without one covering another.

/// Where labels stand whose lines end at `ends`, in any unit, each at least `gap` from the next and all between 0 and `most`. The order
/// of the ends is kept. Where there is no room for the gap, it is made smaller for all alike.
pub(super) fn apart(ends: &[f64], gap: f64, most: f64) -> Vec<f64> {
    if ends.is_empty() {
        return Vec::new();
    }
    let gap = gap.min(most / (ends.len().max(2) - 1) as f64);
    let mut order: Vec<usize> = (0..ends.len()).collect();
    order.sort_by(|a, b| ends[*a].total_cmp(&ends[*b]));
    // Blocks of labels that touch each other: how many, and the sum of where the first of a block would stand for each of them.
    let mut blocks: Vec<(usize, f64)> = Vec::new();
    for at in &order {
        blocks.push((1, ends[*at]));
        while let [.., (count, sum), (more, further)] = blocks[..] {
            let [first, next] = [start(count, sum, gap, most), start(more, further, gap, most)];
            if first + count as f64 * gap <= next {
                break;
            }
            // The later ones stand below the earlier ones, so that their wishes are for a first that stands higher.
            let merged = (count + more, sum + further - (count * more) as f64 * gap);
            blocks.truncate(blocks.len() - 2);
            blocks.push(merged);
        }
    }
    let mut places = vec![0.0; ends.len()];
    let mut order = order.into_iter();
    for (count, sum) in blocks {
        let first = start(count, sum, gap, most);
        for (nth, at) in order.by_ref().take(count).enumerate() {
            places[at] = first + nth as f64 * gap;
        }
    }
    places
}

/// Where the first of a block stands: where it suits all of them on average, and within the ends.
fn start(count: usize, sum: f64, gap: f64, most: f64) -> f64 {
    let last = most - (count - 1) as f64 * gap;
    (sum / count as f64).min(last).max(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn assert_near(found: &[f64], expected: &[f64]) {
        let near = found.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-9);
        assert!(found.len() == expected.len() && near, "{found:?} is not {expected:?}");
    }

    #[test]
    fn labels_with_room_stand_at_their_lines() {
        assert_near(&apart(&[50.0, 10.0, 90.0], 10.0, 100.0), &[50.0, 10.0, 90.0]);
    }

    #[test]
    fn labels_of_lines_that_end_together_stand_around_them() {
        assert_near(&apart(&[50.0, 50.0, 50.0], 10.0, 100.0), &[40.0, 50.0, 60.0]);
        assert_near(&apart(&[50.0, 52.0], 10.0, 100.0), &[46.0, 56.0]);
        assert_near(
            &apart(&[40.0, 50.0, 50.0], 10.0, 100.0),
            &[36.0 + 2.0 / 3.0, 46.0 + 2.0 / 3.0, 56.0 + 2.0 / 3.0],
        );
    }

    #[test]
    fn labels_stay_within_the_ends_in_order_and_apart() {
        assert_near(&apart(&[0.0, 1.0, 99.0, 100.0], 10.0, 100.0), &[0.0, 10.0, 90.0, 100.0]);
        let many: Vec<_> = (0..30).map(|nth| 50.0 + f64::from(nth) * 0.1).collect();
        let places = apart(&many, 10.0, 100.0);
        assert!(places.is_sorted() && places[0] >= -1e-9 && places[29] <= 100.0 + 1e-9, "{places:?}");
        assert!(places.windows(2).all(|pair| pair[1] - pair[0] > 3.4), "all gaps are alike: {places:?}");
        assert_near(&apart(&[], 10.0, 100.0), &[]);
        assert_near(&apart(&[7.0], 10.0, 100.0), &[7.0]);
    }
}
