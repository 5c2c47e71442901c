//! Prints the table of the README.

fn main() {
    print!("{}", tokio_pitfalls::table());
}
