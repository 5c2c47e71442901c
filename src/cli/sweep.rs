//! `--sweep`: from what was asked for to scenarios along which one setting varies.

use anyhow::Context;

use crate::workload::{Scenario, Setting, Sweep};

/// A scenario at each value of a sweep.
type Points = lockyard_bench::Sweep<Scenario>;

/// The most values of a scenario's own sweep with `--quick`. The scalability law needs four, and with four its intervals
/// say next to nothing.
const QUICK_VALUES: usize = 5;

/// What was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum SweepRequest {
    /// What each scenario declares.
    Default,
    /// This, in every scenario.
    Sweep(Sweep),
}

/// For clap: `default`, or `SETTING=V1,V2,…`.
pub(super) fn asked(given: &str) -> Result<SweepRequest, String> {
    if given == "default" {
        return Ok(SweepRequest::Default);
    }
    let wanted = "write `default`, or a setting and its values: tasks=1,2,4,8";
    let (setting, values) = given.split_once('=').ok_or(wanted)?;
    let along: Setting = setting.trim().parse().map_err(|unknown| format!("{unknown}"))?;
    let whole = |value: &str| {
        let not_whole = |_| format!("`{value}` is no whole number; {wanted}");
        value.trim().parse::<u32>().map_err(not_whole)
    };
    let values = values.split(',').map(whole).collect::<Result<Vec<_>, _>>()?;
    Sweep::new(along, values)
        .map(SweepRequest::Sweep)
        .ok_or_else(|| format!("a sweep needs two values to go between; {wanted}"))
}

/// The sweeps to be measured: those asked for, under every scenario, each a name with what was made of it.
pub(super) fn sweeps(
    asked: &[SweepRequest],
    scenarios: &[(&str, Scenario)],
    overrides: &[String],
    quick: bool,
) -> anyhow::Result<Vec<Points>> {
    let mut found = Vec::new();
    for (name, scenario) in scenarios {
        for asked in asked {
            let sweeps = match asked {
                SweepRequest::Default if quick => {
                    scenario.sweeps.iter().map(|sweep| sweep.thinned(QUICK_VALUES)).collect()
                }
                SweepRequest::Default => scenario.sweeps.clone(),
                SweepRequest::Sweep(sweep) => vec![sweep.clone()],
            };
            for sweep in sweeps {
                found.push(points(name, &sweep, overrides)?);
            }
        }
    }
    let names: Vec<_> = Scenario::builtins().filter(|it| !it.sweeps.is_empty()).map(|it| it.name).collect();
    anyhow::ensure!(
        asked.is_empty() || !found.is_empty(),
        "--sweep default: no scenario of this run declares a sweep; built-in ones that do are {}, others may be given as \
         --sweep tasks=1,2,4,8",
        names.join(", "),
    );
    Ok(found)
}

/// A scenario at each value of a sweep, checked as any other is.
fn points(name: &str, sweep: &Sweep, overrides: &[String]) -> anyhow::Result<Points> {
    let along = sweep.along();
    let at = |value: &u32| {
        let overrides: Vec<_> = overrides.iter().cloned().chain([format!("{along}={value}")]).collect();
        Scenario::load(name, &overrides)
    };
    let points = sweep.values().iter().map(at).collect::<Result<_, _>>();
    let points = points.with_context(|| format!("{name} cannot be swept along {along}"))?;
    Ok(Points { along: along.to_string(), points })
}

#[cfg(test)]
mod tests {
    use super::Setting::{Readers, SaveMs, Tasks, Workers, Writers};
    use super::*;

    fn builtin(name: &str) -> (&str, Scenario) {
        (name, Scenario::builtin(name).expect("built in"))
    }

    fn shape(sweeps: &[Points]) -> Vec<(Setting, usize)> {
        let setting = |sweep: &Points| sweep.along.parse().expect("a setting");
        sweeps.iter().map(|sweep| (setting(sweep), sweep.points.len())).collect()
    }

    #[test]
    fn every_value_of_every_built_in_sweep_makes_a_scenario() {
        let all: Vec<_> = Scenario::builtins().map(|scenario| (scenario.name.clone(), scenario)).collect();
        let all: Vec<_> = all.iter().map(|(name, scenario)| (name.as_str(), scenario.clone())).collect();
        let found = sweeps(&[SweepRequest::Default], &all, &[], false).expect("all values make sense");
        let (settings, sizes): (Vec<_>, Vec<_>) = shape(&found).into_iter().unzip();
        assert_eq!(settings, [Workers, Tasks, Readers, Writers, SaveMs, Tasks]);
        assert!(sizes.iter().all(|size| *size > 2), "{sizes:?}");
    }

    #[test]
    fn a_point_differs_in_its_setting_alone() {
        let asked = [asked("readers=2,8").expect("a sweep")];
        let overrides = ["messages=7".to_owned()];
        let found = sweeps(&asked, &[builtin("hot-context")], &overrides, false).expect("it makes sense");
        let groups: Vec<_> =
            found[0].points.iter().map(|it| (it.point().readers, it.point().writers)).collect();
        assert_eq!(groups, [(2, 1), (8, 1)]);
        assert!(found[0].points.iter().all(|it| it.messages == 7));
    }

    #[test]
    fn quick_thins_what_was_not_written_out() {
        let quick = |given| {
            let asked = [asked(given).expect("a sweep")];
            shape(&sweeps(&asked, &[builtin("hot-context")], &[], true).expect("it makes sense"))
        };
        assert_eq!(quick("default")[0], (Setting::Readers, QUICK_VALUES));
        assert_eq!(quick("readers=1,2,3,4,5,6,7,8,9"), [(Setting::Readers, 9)]);
    }

    #[test]
    fn what_cannot_be_swept_is_refused() {
        for (given, part) in [
            ("taks=1,2", "did you mean `tasks`"),
            ("tasks", "tasks=1,2,4,8"),
            ("tasks=1", "two values"),
            ("tasks=1,many", "`many` is no whole number"),
        ] {
            let message = asked(given).expect_err(given);
            assert!(message.contains(part), "{given}: {message}");
        }
        let refusal = |given, name| {
            let asked = [asked(given).expect("a sweep")];
            format!("{:#}", sweeps(&asked, &[builtin(name)], &[], false).expect_err(given))
        };
        let message = refusal("readers=1,2", "polling");
        assert!(
            message.contains("polling cannot be swept along readers") && message.contains("not both"),
            "{message}"
        );
        let message = refusal("default", "churn");
        assert!(message.contains("polling, hot-context, one-worker"), "{message}");
    }
}
