#include "config.h"

#include "source/mysql/library.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "source/mysql/url.h"

#define LIBRARY_GROUP      "tellerdesk"
#define LIBRARY_PACKET_MAX (1UL << 30)

struct library_call {
	enum { CALL_CONNECT, CALL_QUERY, CALL_STORE } kind;
	MYSQL *handle;
	const struct mysql_url *url;
	const char *sql;
	size_t n;
	MYSQL_RES *result;
};

/* ---- options both know ---- */

static int infile_refuse(void **data, const char *name, void *user)
{
	(void)name;
	(void)user;
	*data = NULL;
	return 1;
}

static int infile_read(void *data, char *to, unsigned n)
{
	(void)data;
	(void)to;
	(void)n;
	return -1;
}

static void infile_end(void *data)
{
	(void)data;
}

static int infile_error(void *data, char *to, unsigned n)
{
	static const char why[] = "files of this machine are not sent";

	(void)data;
	if (n) {
		strncpy(to, why, n - 1);
		to[n - 1] = 0;
	}
	return 1;
}

/* A server may ask for a file of ours in the place of any answer. */
static void library_no_files(MYSQL *handle)
{
	unsigned off = 0;

	mysql_options(handle, MYSQL_OPT_LOCAL_INFILE, &off);
	mysql_set_local_infile_handler(handle, infile_refuse, infile_read, infile_end, infile_error, NULL);
}

static void library_shared_options(MYSQL *handle, const struct mysql_url *url)
{
	unsigned long packet = LIBRARY_PACKET_MAX;

	mysql_options(handle, MYSQL_OPT_CONNECT_TIMEOUT, &url->connect_timeout);
	mysql_options(handle, MYSQL_OPT_MAX_ALLOWED_PACKET, &packet);
	mysql_options(handle, MYSQL_SET_CHARSET_NAME, "utf8mb4");
	mysql_options4(handle, MYSQL_OPT_CONNECT_ATTR_ADD, "program_name", PACKAGE_NAME);
	if (url->ssl_ca)
		mysql_options(handle, MYSQL_OPT_SSL_CA, url->ssl_ca);
	if (url->ssl_cert) {
		mysql_options(handle, MYSQL_OPT_SSL_CERT, url->ssl_cert);
		mysql_options(handle, MYSQL_OPT_SSL_KEY, url->ssl_key);
	}
	library_no_files(handle);
}

static void library_files(MYSQL *handle, const struct mysql_url *url)
{
	if (url->defaults_file)
		mysql_options(handle, MYSQL_READ_DEFAULT_FILE, url->defaults_file);
	mysql_options(handle, MYSQL_READ_DEFAULT_GROUP, LIBRARY_GROUP);
}

/* A socket is one of this machine, whatever host the option files name. */
static const char *library_host(const struct mysql_url *url)
{
	return url->socket ? "localhost" : url->host;
}

/* ---- waiting ---- */

/* Milliseconds, rounded up. */
static int library_left(const struct library_wait *w, int64_t since)
{
	int64_t now = clock_mono(), left = since + w->silence - now;

	if (w->deadline != TIME_NONE && w->deadline - now < left)
		left = w->deadline - now;
	return left <= 0 ? 0 : (int)((left + 999) / 1000);
}

static bool library_stopped(const struct pollfd *stop)
{
	return stop->fd >= 0 && stop->revents != 0;
}

#ifdef MARIADB_PACKAGE_VERSION_ID

/* Connector/C lets an option file overrule what was set before the connect. So the files are read by a connect of
 * a kind that does not exist here, which ends once they are read, and what the URL says is set after that. Should a
 * file name the kind of connection itself, the address is one that nobody can connect to. */
static void library_read_files(MYSQL *handle, const struct mysql_url *url)
{
	unsigned none = MYSQL_PROTOCOL_MEMORY, any = MYSQL_PROTOCOL_DEFAULT;
	my_bool off = 0;

	/* Later versions verify by default: then nobody could tell whether a file asked for it. */
	mysql_options(handle, MYSQL_OPT_SSL_VERIFY_SERVER_CERT, &off);
	library_files(handle, url);
	mysql_options(handle, MYSQL_OPT_PROTOCOL, &none);
	mysql_real_connect(handle, "255.255.255.255", "", "", NULL, 1, "/", CLIENT_REMEMBER_OPTIONS);
	mysql_options(handle, MYSQL_OPT_PROTOCOL, &any);
	mysql_options(handle, MYSQL_OPT_RECONNECT, &off);
}

static void library_no_ssl(MYSQL *handle)
{
	static const enum mysql_option names[] = {MYSQL_OPT_SSL_CA, MYSQL_OPT_SSL_CAPATH, MYSQL_OPT_SSL_CERT,
						  MYSQL_OPT_SSL_KEY, MYSQL_OPT_SSL_CIPHER};
	my_bool off = 0;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		mysql_options(handle, names[i], NULL);
	mysql_options(handle, MYSQL_OPT_SSL_VERIFY_SERVER_CERT, &off);
	mysql_options(handle, MYSQL_OPT_SSL_ENFORCE, &off);
}

/* Plugins that hash or encrypt a password before they send it. Others (dialog, mysql_clear_password) send it as it
 * is: never where anybody may listen. */
#define LIBRARY_PLUGINS                                                                                                \
	"mysql_native_password,caching_sha2_password,sha256_password,client_ed25519,auth_gssapi_client,parsec"

/* What an option file asks for is not weakened. A certificate authority that is given verifies the certificate; only
 * the flag verifies that it is this host's, and does so with the system's authorities where none is given. */
static void library_ssl(MYSQL *handle, const struct mysql_url *url)
{
	bool authority = handle->options.ssl_ca || handle->options.ssl_capath;
	my_bool on = 1;

	mysql_options(handle, MARIADB_OPT_RESTRICTED_AUTH, LIBRARY_PLUGINS);
	if (url->ssl == MYSQL_SSL_DISABLED) {
		library_no_ssl(handle);
		return;
	}
	/* "Enforced" means tried: a server without TLS is still talked to, unless its host must be verified. */
	mysql_options(handle, MYSQL_OPT_SSL_ENFORCE, &on);
	if (url->ssl == MYSQL_SSL_VERIFY_IDENTITY || (url->ssl == MYSQL_SSL_VERIFY_CA && !authority))
		mysql_options(handle, MYSQL_OPT_SSL_VERIFY_SERVER_CERT, &on);
}

/* The library reads and writes plain connections without waiting, but leaves its socket one that waits, and so do
 * reads and writes within TLS. Whoever uses the handle between calls finds it as the library made it. */
static void library_waits(MYSQL *handle, bool waits)
{
	my_socket fd = mysql_get_socket(handle);
	int flags = fd >= 0 ? fcntl(fd, F_GETFL) : -1;
	int wanted = waits ? flags & ~O_NONBLOCK : flags | O_NONBLOCK;

	if (flags >= 0 && wanted != flags)
		fcntl(fd, F_SETFL, wanted);
}

/* The handshake of TLS does not give way as the other calls do: it asks this function to wait, and tells it of the
 * socket only. It runs on the thread that connects. */
static _Thread_local struct {
	const struct library_wait *wait;
	enum library_end end;
} library_handshake;

static enum library_end library_poll(const struct library_wait *w, struct pollfd *fd);

static int library_handshake_wait(my_socket socket, my_bool read, int timeout)
{
	struct pollfd fd = {.fd = socket, .events = read ? POLLIN : POLLOUT};

	(void)timeout;
	if (!library_handshake.wait || library_handshake.end != LIBRARY_DONE)
		return 0;
	library_handshake.end = library_poll(library_handshake.wait, &fd);
	return library_handshake.end == LIBRARY_DONE;
}

void library_options(MYSQL *handle, const struct mysql_url *url, struct library_place *out)
{
	const struct st_mysql_options *files = &handle->options;

	library_read_files(handle, url);
	library_shared_options(handle, url);
	library_ssl(handle, url);
	mysql_options(handle, MYSQL_OPT_NONBLOCK, 0);
	mysql_optionsv(handle, MARIADB_OPT_IO_WAIT, library_handshake_wait);
	*out = (struct library_place){
		.user = url->user ? url->user : files->user,
		.host = url->socket || url->host ? library_host(url) : files->host,
		.port = url->port ? url->port : files->port,
	};
	/* A socket counts only where the host is this one. */
	if (!out->host || strcmp(out->host, "localhost") == 0)
		out->socket = url->socket ? url->socket : files->unix_socket;
}

/* ---- the greeting ----
 *
 * A login plugin takes a connection for encrypted where encryption was asked for, even of a server that offers none, and
 * then sends the password as it is (caching_sha2_password). So what the server says first is looked at as the library
 * reads it: where it offers no TLS the library is asked for none either, or, where it must be had, cut off. */

#define GREETING_MOST 512

enum greeting { GREETING_CUT, GREETING_TLS, GREETING_BARE };

static _Thread_local struct {
	MYSQL *handle; /* being connected, and not greeted yet */
	const struct mysql_url *url;
	size_t n;
	bool refused;
	uint8_t bytes[GREETING_MOST];
} library_greeting;

/* Length and number of the packet, 10, the version up to a NUL, then 4 bytes of a number, 9 of a scramble, and flags. */
static enum greeting greeting_read(const uint8_t *p, size_t n)
{
	const uint8_t *end;
	size_t flags;

	if (n < 5)
		return GREETING_CUT;
	if (p[4] != 10)
		return GREETING_TLS; /* an error instead, or nothing we know: the library says what */
	end = memchr(p + 5, 0, n - 5);
	flags = end ? (size_t)(end - p) + 1 + 4 + 9 : n;
	if (flags + 2 > n)
		return n < GREETING_MOST ? GREETING_CUT : GREETING_BARE;
	return (p[flags] | p[flags + 1] << 8) & CLIENT_SSL ? GREETING_TLS : GREETING_BARE;
}

/* Where the host's name must be verified the library itself refuses. A socket of this machine is as good as TLS. */
static void greeting_bare(MYSQL *handle, const struct mysql_url *url)
{
	my_bool verify = 0;

	if (handle->unix_socket)
		return;
	mysql_get_option(handle, MYSQL_OPT_SSL_VERIFY_SERVER_CERT, &verify);
	library_greeting.refused = url->ssl >= MYSQL_SSL_REQUIRED;
	if (library_greeting.refused)
		library_cut(handle);
	else if (!verify)
		library_no_ssl(handle);
}

static void greeting_take(const unsigned char *bytes, size_t n)
{
	MYSQL *handle = library_greeting.handle;
	size_t room = GREETING_MOST - library_greeting.n;
	enum greeting greeting;

	n = n < room ? n : room;
	memcpy(library_greeting.bytes + library_greeting.n, bytes, n);
	library_greeting.n += n;
	greeting = greeting_read(library_greeting.bytes, library_greeting.n);
	if (greeting != GREETING_CUT)
		library_greeting.handle = NULL;
	if (greeting == GREETING_BARE)
		greeting_bare(handle, library_greeting.url);
}

static void greeting_expect(MYSQL *handle, const struct mysql_url *url)
{
	library_greeting.handle = handle;
	library_greeting.url = url;
	library_greeting.n = 0;
	library_greeting.refused = false;
}

/* Between the greeting of a server and TLS nothing need wait, and then none of our calls comes between; this one
 * does, after each read and write. Declared here, since the library's header of it is for its plugins. */
int ma_pvio_register_callback(my_bool add,
			      void (*callback)(int mode, MYSQL *handle, const unsigned char *bytes, size_t n));

static void library_after_io(int mode, MYSQL *handle, const unsigned char *bytes, size_t n)
{
	if (library_handshake.wait && library_handshake.wait->handle == handle)
		library_waits(handle, false);
	/* mode 0: they were read; a failure is told as a length that no read has. */
	if (mode == 0 && handle && handle == library_greeting.handle && n > 0 && n <= SSIZE_MAX)
		greeting_take(bytes, n);
}

void library_begin(void)
{
	ma_pvio_register_callback(1, library_after_io);
}

void library_settle(MYSQL *handle)
{
	/* Option files were read before. From here on nothing waits by itself but who uses the handle by himself. */
	mysql_optionsv(handle, MARIADB_OPT_IO_WAIT, NULL);
}

static int library_start(struct library_call *c, int *failed)
{
	const struct mysql_url *u = c->url;
	MYSQL *connected;

	switch (c->kind) {
	case CALL_CONNECT:
		return mysql_real_connect_start(&connected, c->handle, library_host(u), u->user, NULL, u->database,
						u->port, u->socket, 0);
	case CALL_QUERY:
		return mysql_real_query_start(failed, c->handle, c->sql, c->n);
	default:
		return mysql_store_result_start(&c->result, c->handle);
	}
}

static int library_go_on(struct library_call *c, int ready, int *failed)
{
	MYSQL *connected;

	switch (c->kind) {
	case CALL_CONNECT:
		return mysql_real_connect_cont(&connected, c->handle, ready);
	case CALL_QUERY:
		return mysql_real_query_cont(failed, c->handle, ready);
	default:
		return mysql_store_result_cont(&c->result, c->handle, ready);
	}
}

static enum library_end library_poll(const struct library_wait *w, struct pollfd *fd)
{
	struct pollfd fds[2] = {{.fd = w->stop, .events = POLLIN}, *fd};
	int64_t since = clock_mono();
	int n;

	do {
		n = poll(fds, 2, library_left(w, since));
	} while (n < 0 && errno == EINTR);
	fd->revents = fds[1].revents;
	if (n <= 0)
		return LIBRARY_SILENT;
	return library_stopped(&fds[0]) ? LIBRARY_STOPPED : LIBRARY_DONE;
}

/* Waits for what the library waits for, and says which of it came. */
static enum library_end library_ready(const struct library_wait *w, int status, int *ready)
{
	struct pollfd fd = {.fd = mysql_get_socket(w->handle)};
	enum library_end end;

	fd.events = (short)((status & MYSQL_WAIT_READ ? POLLIN : 0) | (status & MYSQL_WAIT_WRITE ? POLLOUT : 0) |
			    (status & MYSQL_WAIT_EXCEPT ? POLLPRI : 0));
	end = library_poll(w, &fd);
	*ready = 0;
	if (fd.revents & POLLIN)
		*ready |= MYSQL_WAIT_READ;
	if (fd.revents & POLLOUT)
		*ready |= MYSQL_WAIT_WRITE;
	if (fd.revents & POLLPRI)
		*ready |= MYSQL_WAIT_EXCEPT;
	/* An end of the connection is seen by whatever is tried next. */
	if (*ready == 0)
		*ready = status & (MYSQL_WAIT_READ | MYSQL_WAIT_WRITE);
	return end;
}

/* A call that is given up is ended nonetheless, so that the library frees what it holds: to it, the server has timed
 * out. It may then try the host's other addresses, none of which is waited for. */
static void library_abandon(struct library_call *c)
{
	int status, failed;

	library_cut(c->handle);
	do {
		status = library_go_on(c, MYSQL_WAIT_TIMEOUT, &failed);
	} while (status);
}

static enum library_end library_loop(const struct library_wait *w, struct library_call *c)
{
	int failed, ready, status;

	library_waits(w->handle, false);
	status = library_start(c, &failed);
	while (status) {
		enum library_end end = library_ready(w, status, &ready);

		if (end != LIBRARY_DONE) {
			library_abandon(c);
			return end;
		}
		status = library_go_on(c, ready, &failed);
	}
	return library_handshake.end;
}

static enum library_end library_run(const struct library_wait *w, struct library_call *c)
{
	enum library_end end;

	library_handshake.wait = c->kind == CALL_CONNECT ? w : NULL;
	library_handshake.end = LIBRARY_DONE;
	greeting_expect(c->kind == CALL_CONNECT ? w->handle : NULL, c->url);
	end = library_loop(w, c);
	library_handshake.wait = NULL;
	library_greeting.handle = NULL;
	if (library_greeting.refused)
		return LIBRARY_BARE;
	library_waits(w->handle, true);
	return end;
}

bool library_local(MYSQL *handle)
{
	return handle->unix_socket != NULL;
}

int library_socket(MYSQL *handle)
{
	return fcntl((int)mysql_get_socket(handle), F_DUPFD_CLOEXEC, 0);
}

void library_cut(MYSQL *handle)
{
	my_socket fd = mysql_get_socket(handle);

	if (fd >= 0)
		shutdown(fd, SHUT_RDWR);
}

#else /* Oracle's libmysqlclient */

/* It does not say whether it waits to read or to write, and has no descriptor until it is connected: it is asked
 * again as soon as bytes are there, and this often (milliseconds) anyway. */
#define LIBRARY_ASK_EVERY 5

void library_begin(void) {}

static void library_ssl(MYSQL *handle, const struct mysql_url *url)
{
	static const unsigned modes[] = {
		[MYSQL_SSL_DISABLED] = SSL_MODE_DISABLED,
		[MYSQL_SSL_PREFERRED] = SSL_MODE_PREFERRED,
		[MYSQL_SSL_REQUIRED] = SSL_MODE_REQUIRED,
		[MYSQL_SSL_VERIFY_CA] = SSL_MODE_VERIFY_CA,
		[MYSQL_SSL_VERIFY_IDENTITY] = SSL_MODE_VERIFY_IDENTITY,
	};
	unsigned mode = modes[url->ssl];
	bool off = false;

	mysql_options(handle, MYSQL_OPT_SSL_MODE, &mode);
	mysql_options(handle, MYSQL_ENABLE_CLEARTEXT_PLUGIN, &off);
}

void library_options(MYSQL *handle, const struct mysql_url *url, struct library_place *out)
{
	library_files(handle, url);
	library_shared_options(handle, url);
	library_ssl(handle, url);
	*out = (struct library_place){
		.user = url->user, .host = library_host(url), .socket = url->socket, .port = url->port};
}

void library_settle(MYSQL *handle)
{
	library_no_files(handle);
}

static enum net_async_status library_step(struct library_call *c)
{
	const struct mysql_url *u = c->url;

	switch (c->kind) {
	case CALL_CONNECT:
		return mysql_real_connect_nonblocking(c->handle, library_host(u), u->user, NULL, u->database, u->port,
						      u->socket, 0);
	case CALL_QUERY:
		return mysql_real_query_nonblocking(c->handle, c->sql, c->n);
	default:
		return mysql_store_result_nonblocking(c->handle, &c->result);
	}
}

static enum library_end library_run(const struct library_wait *w, struct library_call *c)
{
	int64_t since = clock_mono();

	while (library_step(c) == NET_ASYNC_NOT_READY) {
		struct pollfd fds[2] = {{.fd = w->stop, .events = POLLIN}, {.fd = -1, .events = POLLIN}};

		if (c->kind != CALL_CONNECT)
			fds[1].fd = w->handle->net.fd;
		if (poll(fds, 2, LIBRARY_ASK_EVERY) > 0 && library_stopped(&fds[0])) {
			library_cut(c->handle);
			return LIBRARY_STOPPED;
		}
		if (fds[1].revents)
			since = clock_mono();
		if (library_left(w, since) == 0) {
			library_cut(c->handle);
			return LIBRARY_SILENT;
		}
	}
	return LIBRARY_DONE;
}

bool library_local(MYSQL *handle)
{
	return handle->unix_socket != NULL;
}

int library_socket(MYSQL *handle)
{
	return fcntl((int)handle->net.fd, F_DUPFD_CLOEXEC, 0);
}

void library_cut(MYSQL *handle)
{
	if (handle->net.vio)
		shutdown(handle->net.fd, SHUT_RDWR);
}

#endif

/* ---- calls ---- */

enum library_end library_connect(const struct library_wait *w, const struct mysql_url *url)
{
	struct library_call c = {.kind = CALL_CONNECT, .handle = w->handle, .url = url};

	return library_run(w, &c);
}

enum library_end library_query(const struct library_wait *w, const char *sql, size_t n)
{
	struct library_call c = {.kind = CALL_QUERY, .handle = w->handle, .sql = sql, .n = n};

	return library_run(w, &c);
}

enum library_end library_store(const struct library_wait *w, MYSQL_RES **result)
{
	struct library_call c = {.kind = CALL_STORE, .handle = w->handle};
	enum library_end end = library_run(w, &c);

	if (end != LIBRARY_DONE && c.result) {
		mysql_free_result(c.result);
		c.result = NULL;
	}
	*result = c.result;
	return end;
}
