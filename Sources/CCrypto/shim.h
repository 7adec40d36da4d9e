// The one header through which Swift sees this library.
#pragma once
#include <openssl/evp.h>
#include <openssl/hmac.h>
