//! Writes data sets: jobs on the engine whose result is files.
