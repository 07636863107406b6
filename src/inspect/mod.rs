//! What is in a data set, as data: what the command line prints.
