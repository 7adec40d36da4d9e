// The one header through which Swift sees mallopt(3), which its Glibc module leaves out.
#pragma once
#include <malloc.h>
