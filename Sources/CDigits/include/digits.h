#pragma once

#include <stddef.h>

/// The optical digits: gzip of 1,797 rows of 64 pixels (0 to 16, row-major) and a label, a byte each.
///
/// Reference: E. Alpaydin and C. Kaynak, Optical Recognition of Handwritten Digits, UCI Machine Learning
/// Repository, 1998, doi:10.24432/C50P49. This is its test set. Licensed under Creative Commons
/// Attribution 4.0 International (CC BY 4.0, https://creativecommons.org/licenses/by/4.0/); changed only in
/// how it is packed.
///
/// `digits.gz` was made from the copy in PyPI's scikit-learn 1.9.1:
///
///     pip download --no-deps scikit-learn && unzip scikit_learn-*.whl
///     python3 - <<'END'
///     import gzip
///     text = gzip.open('sklearn/datasets/data/digits.csv.gz').read().decode()
///     rows = bytes(int(float(x)) for line in text.split() for x in line.split(','))
///     open('digits.gz', 'wb').write(gzip.compress(rows, 9, mtime=0))
///     END
///
/// @param count is set to the number of bytes.
const unsigned char *_Nonnull lockstep_digits(size_t *_Nonnull count);
