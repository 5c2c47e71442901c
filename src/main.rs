//! The program, with nothing besides what is built in.

lockyard::main!();
