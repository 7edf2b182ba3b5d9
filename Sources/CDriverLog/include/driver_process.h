#pragma once

/// What the process that drives a body sets of itself, and how it ends.

/// Sets the allocator's thresholds so that frames and pieces are not given back to the kernel each time (mallopt(3)). Before
/// the first thread.
void driver_memory_set_up(void);

/// Has all threads share so few of the allocator's arenas (mallopt(3)): what one arena has free is of no use to the others.
void driver_memory_share(int arenas);

/// Gives back to the kernel what is free now (malloc_trim(3)).
void driver_memory_trim(void);

/// Sets the timer slack of the calling thread to 1 ns (prctl(2)): over PTP/IP the driver does a select of 1 µs for every
/// transfer, which Linux rounds up to 50 µs otherwise.
void driver_thread_quicken(void);

/// Lets the calling thread go before every other (SCHED_FIFO), with what it needs of its stack in memory (mlock(2)). Gives 0, or
/// EPERM where the process may not; the stack is kept in memory where that is allowed, all the same.
int driver_thread_set_realtime(void);

/// Makes the calling thread one of many again (SCHED_OTHER), and its stack as before.
void driver_thread_set_ordinary(void);

/// Ends the process at once with an exit code, whatever its other threads do: nothing is released, and nothing is called
/// that was registered for the end (_exit(2)). Built with AddressSanitizer, it looks for leaks before, which LeakSanitizer
/// does by itself only in exit(3); where it finds any it reports them and ends the process with a code of its own.
_Noreturn void driver_process_end(int code);
