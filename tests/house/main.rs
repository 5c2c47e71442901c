//! What holds of the project itself: who may know whom, what no file may contain, and that documents say what is so.

mod rules;

#[cfg(unix)]
mod ci_example;
mod endpoint_list;
mod licences;
mod names;
mod one_list;
mod readme_results;
mod readme_ways;
mod tidy;
