// The one header through which Swift sees crypt(3).
#pragma once
#include <crypt.h>
