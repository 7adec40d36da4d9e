// The one header through which Swift sees this library.
#pragma once
#include <curl/curl.h>
