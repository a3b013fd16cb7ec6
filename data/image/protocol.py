"""Parameters of PSNR, SSIM and MS-SSIM that the code in numpy (`measures`, `ssim`) and in TensorFlow (training) share."""

PSNR_CAP_DB = 100.0
"""PSNR of two identical images, in dB: infinite by definition, but a mean must stay finite."""

SSIM_WINDOW = 11
"""Side of SSIM's Gaussian window in pixels; an image must be at least as large."""

SSIM_SIGMA = 1.5
"""Standard deviation of SSIM's Gaussian window in pixels."""

SSIM_K1, SSIM_K2 = 0.01, 0.03
"""SSIM's constants, as shares of the range of values.

Z. Wang, A. Bovik, H. Sheikh and E. Simoncelli, "Image Quality Assessment: From Error Visibility to Structural Similarity",
IEEE TIP 13(4), 2004, DOI 10.1109/TIP.2003.819861.
"""

MS_SSIM_WEIGHTS = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)
"""Exponents of MS-SSIM's five scales, finest first.

Z. Wang, E. Simoncelli and A. Bovik, "Multiscale Structural Similarity for Image Quality Assessment", Asilomar 2003,
DOI 10.1109/ACSSC.2003.1292216.
"""
