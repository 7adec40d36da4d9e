// The one header through which Swift sees this library.
#pragma once
#include <expat.h>
