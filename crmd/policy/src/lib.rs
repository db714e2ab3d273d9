//! Decides what should run where: one pure function from state and time to a plan.
