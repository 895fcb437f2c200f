{{ staging('merchants') }}
