// The one header through which Swift sees libmicrohttpd.
#pragma once
#include <microhttpd.h>

// Stands for the variadic MHD_start_daemon; both callbacks get `context`; `options` ends with MHD_OPTION_END.
static inline struct MHD_Daemon *_Nullable cmicrohttpd_start(
  unsigned int flags, MHD_AcceptPolicyCallback _Nonnull accepts, MHD_AccessHandlerCallback _Nonnull handler,
  void *_Nullable context,
  struct MHD_OptionItem *_Nonnull options) {
  return MHD_start_daemon(flags, 0, accepts, context, handler, context, MHD_OPTION_ARRAY, options, MHD_OPTION_END);
}
// Stands for the variadic MHD_get_connection_info; NULL where it is not known.
static inline const struct sockaddr *_Nullable cmicrohttpd_client_address(struct MHD_Connection *_Nonnull connection) {
  const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
  return info ? info->client_addr : NULL;
}
static inline int cmicrohttpd_socket(struct MHD_Connection *_Nullable connection) {
  const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
  return info ? info->connect_fd : -1;
}
// What NOTIFY_CONNECTION put there; NULL where it put nothing.
static inline void *_Nullable cmicrohttpd_socket_context(struct MHD_Connection *_Nullable connection) {
  const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
  return info ? info->socket_context : NULL;
}
// How many bytes the request's head has, from its first line's method to the end of the empty line; 0 if unknown.
static inline size_t cmicrohttpd_head_size(struct MHD_Connection *_Nonnull connection) {
  const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE);
  return info ? info->header_size : 0;
}
// Stands for the variadic MHD_set_connection_option. In seconds; 0 is never. On libmicrohttpd's thread.
static inline void cmicrohttpd_set_timeout(struct MHD_Connection *_Nullable connection, unsigned int seconds) {
  if (connection) MHD_set_connection_option(connection, MHD_CONNECTION_OPTION_TIMEOUT, seconds);
}
// Function pointers of options, as the integers that MHD_OptionItem wants of them.
static inline intptr_t cmicrohttpd_completed(MHD_RequestCompletedCallback _Nonnull callback) {
  return (intptr_t)callback;
}
static inline intptr_t cmicrohttpd_notify_connection(MHD_NotifyConnectionCallback _Nonnull callback) {
  return (intptr_t)callback;
}
static inline intptr_t cmicrohttpd_uri_logger(
  void *_Nullable (*_Nonnull callback)(void *_Nullable, const char *_Nullable, struct MHD_Connection *_Nullable)) {
  return (intptr_t)callback;
}
static inline void cmicrohttpd_drop_message(void *context, const char *format, va_list arguments) {
  (void)context; (void)format; (void)arguments;
}
// MHD logs to stderr by default; what matters is told by our own errors.
static inline intptr_t cmicrohttpd_silent_logger(void) { return (intptr_t)&cmicrohttpd_drop_message; }

// MHD_SIZE_UNKNOWN is a cast that Swift does not import.
static const uint64_t cmicrohttpd_size_unknown = MHD_SIZE_UNKNOWN;
