// Informs the thread sanitizer about Swift's Mutex where it cannot see the synchronization.
//
// The fast paths of Synchronization.Mutex are inlined into our code, and the sanitizer sees their atomics. The slow
// paths, taken when a lock is contended, are in libswiftSynchronization, which is not built with the sanitizer: without
// this file every contended Mutex is reported as a race. Preloaded, these two functions stand before the real ones and
// add the acquire and the release that were missed. They keep Swift's calling convention: `self` in the context
// register.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdint.h>

#define SWIFT __attribute__((swiftcall))
#define SELF __attribute__((swift_context))

void __tsan_acquire(void *address) __attribute__((weak));
void __tsan_release(void *address) __attribute__((weak));

typedef void (*LockSlow)(uint32_t thread, SELF void *self) SWIFT;
typedef void (*UnlockSlow)(SELF void *self) SWIFT;

SWIFT void lock_slow(uint32_t thread, SELF void *self) __asm__("$s15Synchronization12_MutexHandleV9_lockSlowyys6UInt32VF");
SWIFT void unlock_slow(SELF void *self) __asm__("$s15Synchronization12_MutexHandleV11_unlockSlowyyF");

SWIFT void lock_slow(uint32_t thread, SELF void *self) {
  static LockSlow real;
  if (!real) real = (LockSlow)dlsym(RTLD_NEXT, "$s15Synchronization12_MutexHandleV9_lockSlowyys6UInt32VF");
  real(thread, self);
  if (__tsan_acquire) __tsan_acquire(self);
}

SWIFT void unlock_slow(SELF void *self) {
  static UnlockSlow real;
  if (!real) real = (UnlockSlow)dlsym(RTLD_NEXT, "$s15Synchronization12_MutexHandleV11_unlockSlowyyF");
  if (__tsan_release) __tsan_release(self);
  real(self);
}
