//! What one change gave in an ablation, with an interval of two per cent to either side.

use lockyard_bench::record::{Ablation, EffectKind, Verdict};

/// From `before` to `after` under polling.
pub fn main_effect(factor: &str, old: &str, new: &str, ratio: f64) -> Ablation {
    Ablation {
        scenario: "polling".into(),
        from: "before".into(),
        to: "after".into(),
        kind: EffectKind::Main,
        factor: factor.into(),
        old: old.into(),
        new: new.into(),
        with: None,
        ratio,
        ci: [ratio - 0.02, ratio + 0.02],
        confidence: 0.99,
        verdict: Verdict::Faster,
    }
}
