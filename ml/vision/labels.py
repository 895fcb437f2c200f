"""The classes a photo can have, in the index order that every consumer of the classifier relies on."""

CLASSES: tuple[str, ...] = (
    "Sports Shoes",
    "Shorts",
    "Handbags",
    "Watches",
    "Casual Shoes",
    "Tshirts",
    "Wallets",
    "Jeans",
    "Socks",
    "Dresses",
    "Shirts",
    "Heels",
    "Earrings",
    "Formal Shoes",
    "Briefs",
    "Sunglasses",
    "Sarees",
    "Kurtas",
    "Trousers",
    "Flip Flops",
    "Sandals",
    "Tops",
    "Perfume and Body Mist",
    "Backpacks",
    "Belts",
    "Bra",
    "Flats",
)

INDEX: dict[str, int] = {name: index for index, name in enumerate(CLASSES)}
