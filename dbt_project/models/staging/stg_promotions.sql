{{ staging('promotions') }}
