//! One run of a flow: its graph, its state, and what happens next.
