"""Sentences that customers write, by theme, mood and language."""

from typing import Final

TOUCHPOINT_THEMES: Final = {
    "relationship": ("taste", "price", "delivery", "service"),
    "checkout": ("app", "price"),
    "delivery": ("delivery",),
    "support": ("service",),
}
COMMENTS: Final = {
    ("taste", "good", "id"): (
        "Kopinya segar, aromanya keluar sekali ☕",
        "Gayo-nya juara, pasti pesan lagi.",
        "Rasa konsisten dari bulan ke bulan.",
    ),
    ("taste", "good", "en"): ("Best Gayo I have had in Jakarta.", "Freshly roasted every time, love it!"),
    ("taste", "fair", "id"): ("Enak, tapi sangraiannya agak gelap buat saya.", "Lumayan, belum istimewa."),
    ("taste", "fair", "en"): ("Good coffee, a bit dark for my taste.",),
    ("taste", "bad", "id"): ("Kopinya terasa apek, sepertinya stok lama.", "Rasanya berubah, tidak seperti dulu."),
    ("taste", "bad", "en"): ("Tasted stale; the roast date was six weeks ago.",),
    ("price", "good", "id"): ("Harga sepadan dengan kualitasnya.", "Langganan jadi lebih hemat 👍"),
    ("price", "good", "en"): ("Fair price for this quality.",),
    ("price", "fair", "id"): ("Harga naik terus, tapi masih wajar.", "Ongkirnya yang bikin mikir."),
    ("price", "fair", "en"): ("A little pricey, but fine.",),
    ("price", "bad", "id"): ("Terlalu mahal dibanding toko sebelah.", "Harga naik lagi, kualitas sama saja."),
    ("price", "bad", "en"): ("Too expensive after the last price increase.",),
    ("delivery", "good", "id"): ("Cepat sampai dan dikemas rapi.", "Pesan pagi, sore sudah sampai. Mantap!"),
    ("delivery", "good", "en"): ("Arrived a day early, well packed.",),
    ("delivery", "fair", "id"): ("Pengiriman biasa saja, tiga hari baru sampai.",),
    ("delivery", "fair", "en"): ("Delivery was okay, the courier called twice.",),
    ("delivery", "bad", "id"): (
        "Paket telat seminggu, kurir tidak bisa dihubungi.",
        "Kemasan sobek, bubuknya tumpah ke mana-mana.",
    ),
    ("delivery", "bad", "en"): ("Box arrived crushed and a bag was missing.",),
    ("service", "good", "id"): (
        "Mbak di WhatsApp ramah dan cepat membantu.",
        "Masalah selesai hari itu juga, terima kasih!",
    ),
    ("service", "good", "en"): ("Support solved it within the hour.",),
    ("service", "fair", "id"): ("Dibantu, tapi harus menjelaskan dua kali.",),
    ("service", "fair", "en"): ("Resolved in the end, took a while.",),
    ("service", "bad", "id"): (
        "Sudah tiga kali kirim email, tidak ada jawaban.",
        "Dioper ke sana kemari, akhirnya saya menyerah.",
    ),
    ("service", "bad", "en"): ("Nobody answered for days. Very disappointed.",),
    ("app", "good", "id"): ("Aplikasinya gampang, pesan ulang tinggal sekali ketuk.",),
    ("app", "good", "en"): ("Reordering takes ten seconds. Great.",),
    ("app", "fair", "id"): ("Aplikasi kadang lambat, tapi bisa dipakai.",),
    ("app", "fair", "en"): ("Works, but the address form is clumsy.",),
    ("app", "bad", "id"): ("Gagal bayar dua kali, keranjang hilang.",),
    ("app", "bad", "en"): ("Checkout crashed and I had to start over.",),
}
