#pragma once

/// Returns how often this process has allocated memory.
unsigned long allocations(void);
/// Returns how many bytes it has allocated.
unsigned long allocated_bytes(void);
