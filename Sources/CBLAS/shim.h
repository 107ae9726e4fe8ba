// BLIS's header asks for POSIX only, which would leave fields out of structures that Glibc's own
// module declares with them; what is chosen first counts.
#include <features.h>

// Debian and Ubuntu keep BLIS's CBLAS under its build's name, Fedora and Arch under "blis".
#if __has_include(<blis-serial/cblas.h>)
#include <blis-serial/cblas.h>
#elif __has_include(<blis/cblas.h>)
#include <blis/cblas.h>
#else
#error "BLIS with CBLAS is missing: install libblis-serial-dev (Debian, Ubuntu), blis-devel (Fedora) or blis (Arch)"
#endif
