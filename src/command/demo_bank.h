/* demo_bank: the bank's side of the demonstration, a process of its own.
 *
 *     demo_bank_start(&b, &params, &err)      a child fills the bank, then keeps it changing
 *     demo_bank_ready(&b, &report, &err)      waits until the customers are there
 *     demo_bank_burst(&b, 300, &report, &err) so many changes at once; names a customer who had several
 *     demo_bank_end(&b)                       ends the child
 *
 * The child dies with its parent, however that ends, and takes the folder along
 * where it is a private one: a demonstration that was killed leaves nothing behind.
 */
#ifndef TD_COMMAND_DEMO_BANK_H
#define TD_COMMAND_DEMO_BANK_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct error;

struct demo_bank_params {
	const char *folder;
	bool private_folder; /* remove it in the end */
	const char *url;
	uint64_t seed;
	bool seed_given;
	int64_t customers;
	double rate;         /* changes a second; 0: none */
};

struct demo_bank_report {
	int64_t customers, rows; /* in the bank; written just now */
	int64_t spent;           /* microseconds */
	int64_t cif;             /* of a customer with changes, 0: none */
	bool resumed;            /* the bank was there already */
	char position[256];      /* the bank's, just after */
};

struct demo_bank {
	pid_t pid;
	int fd;
	struct demo_bank_params params;
};

bool demo_bank_start(struct demo_bank *b, const struct demo_bank_params *p, struct error *err);
bool demo_bank_ready(struct demo_bank *b, struct demo_bank_report *report, struct error *err);
bool demo_bank_burst(struct demo_bank *b, int64_t events, struct demo_bank_report *report, struct error *err);
void demo_bank_end(struct demo_bank *b);

/* Removes a folder and all that is in it. */
void demo_folder_remove(const char *folder);

#endif
