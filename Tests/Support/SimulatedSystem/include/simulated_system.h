#ifndef SIMULATED_SYSTEM_H
#define SIMULATED_SYSTEM_H

#include <stdbool.h>
#include <stdint.h>

/// Replaces the system of this thread, for good: from now on its clocks stand still between steps, what it asks Dispatch and
/// Swift's concurrency to run waits for a step of it, and its random numbers come from a seed. Only one thread may do so.
void simulation_begin(void);

/// Begins anew: at the same time, with the random numbers of a seed. Nothing may wait to be run.
void simulation_reset(uint64_t seed);

/// Runs one of the jobs that are ready, picked at random; if none is, the clock moves on to the next timer.
///
/// Returns false if there is nothing to run, now or later.
bool simulation_step(void);

/// The nanoseconds since the beginning.
uint64_t simulation_time(void);

/// Sets the clock of the calendar forward or back.
void simulation_step_calendar(int64_t nanoseconds);

#endif
