// The one header through which Swift sees libmicrohttpd.
#pragma once
#include <microhttpd.h>
