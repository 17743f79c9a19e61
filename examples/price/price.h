/* price: what its files share beside the book: the plain loop, the check and the writer.
 *
 * One thread.  Arrays hold one number an option, in the order of the book. */
#ifndef EXAMPLES_PRICE_PRICE_H
#define EXAMPLES_PRICE_PRICE_H

#include <stdio.h>

#include "book.h"

/* The results of options [0, n), as one would compute them without Yoke: one thread,
 * libm.  out: six arrays of n. */
void price_serial(size_t n, double *const in[INPUTS], double *const out[OUTPUTS]);

/* The largest difference between two sets of results, in units of what rounding can
 * explain: up to 1 they are the same; NaN where only one of two numbers is one. */
double price_difference(const book *b, double *const got[OUTPUTS], double *const want[OUTPUTS]);

/* Tells of options of which a result is not finite, and takes away their text. */
void price_sift(book *b, const csv *file, double *const out[OUTPUTS]);

/* The book's rows, each followed by its results, in the file's own separator and decimal
 * mark.  The stream keeps its own error. */
void price_write(const book *b, char separator, double *const out[OUTPUTS], const char *prefix,
                 FILE *to);

#endif
