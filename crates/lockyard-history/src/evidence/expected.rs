//! What an impossible operation could have answered instead.

use crate::search::Outcome;
use crate::spec::SequentialSpec;

use super::case::{Case, Part};

/// As many other answers are looked for.
const MOST_ANSWERS: usize = 4;

/// What the impossible operation could have answered, and the last change before it: in the whole history if that can be
/// explained otherwise, or if it can without the answers that came later; else whatever became of those that are not kept.
pub(super) fn expected<S: SequentialSpec>(
    case: &Case<'_, '_, S>,
    parts: &[Part],
    impossible: usize,
) -> (Vec<String>, Option<usize>) {
    let end = case.operations[impossible].ret;
    let all = |until: Option<usize>| {
        let part = |(at, part): (usize, &Part)| match part {
            Part::Gone | Part::Optional => *part,
            _ if until.is_none() || case.operations[at].ret.is_some_and(|ret| Some(ret) <= until) => {
                Part::Kept
            }
            _ => Part::Loose,
        };
        parts.iter().enumerate().map(part).collect::<Vec<_>>()
    };
    case.asked.set(Some(impossible));
    let all = [all(None), all(end), parts.to_vec()];
    let answers = all.iter().map(|parts| answers(case, parts, impossible));
    let found = answers.into_iter().find(|(answers, _)| !answers.is_empty()).unwrap_or_default();
    case.asked.set(None);
    found
}

fn answers<S: SequentialSpec>(
    case: &Case<'_, '_, S>,
    parts: &[Part],
    impossible: usize,
) -> (Vec<String>, Option<usize>) {
    let asked = &case.operations[impossible].asked;
    let (mut answers, mut source) = (Vec::new(), None);
    for initial in &case.initial {
        while answers.len() < MOST_ANSWERS {
            // Any answer will do that is not known yet.
            let step = |state: &S::State, at: usize| {
                if at != impossible {
                    return case.step(parts, state, at);
                }
                // A state that answers as one found before is refused, so each round ends in an answer that is new.
                let known = answers.contains(&case.spec.expected(state, asked));
                if known { None } else { case.spec.step(state, asked, None) }
            };
            // With any answer it may be a change.
            let span = |span: crate::search::Span| crate::search::Span {
                read: if span.at == impossible { case.spec.is_read(asked, None) } else { span.read },
                ..span
            };
            let Outcome::Order(order) = case.search_from(initial, parts, step, span) else { break };
            // The order names operations, not states: the steps are made once more to come to the state before the answer.
            let before: Vec<_> = order.into_iter().take_while(|&at| at != impossible).collect();
            let mut state = initial.clone();
            for (at, next) in case.walk(initial, parts, &before) {
                if next != state && answers.is_empty() {
                    source = Some(at);
                }
                state = next;
            }
            answers.push(case.spec.expected(&state, asked));
        }
    }
    (answers, source)
}
