// The one header through which Swift sees libfuse. _FILE_OFFSET_BITS is left alone: it clashes with the Glibc module.
#pragma once
#define FUSE_USE_VERSION 314
#include <fuse_lowlevel.h>
