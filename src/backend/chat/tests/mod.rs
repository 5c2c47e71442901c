//! What holds of the conversation as a whole; a file's own details are tested in the file.

mod context;
mod dto;
mod fsm;
mod limits;
mod moves;
mod parts;
mod stored;
mod turn;
