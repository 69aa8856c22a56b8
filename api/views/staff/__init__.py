"""The pages of staff at /admin/, one file per noun."""
