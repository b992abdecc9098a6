"""Words of comments in English and Indonesian: which say nothing, and which say the same in both languages.

Comments are short and mixed, so a theme has to be found across languages: words that customers of a shop use for the
same thing are brought together here (``harga`` and ``price``), everything else stays as it was written.
"""

import re
from collections.abc import Iterator
from typing import Final

_WORD: Final = re.compile(r"[^\W\d_]{2,}")
_ENDINGS: Final = ("nya", "lah", "kah", "pun")  # stuck to a word in Indonesian: kopinya is kopi
_SHORTEST: Final = 4  # letters that must be left


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_SAY_NOTHING: Final = _words(
    "a about after again all also although always am an and another any are as at back be because been before "
    "being both but by can could day days did do does doing done down during each else ever every few first for "
    "from get gets give go got had has have having he her here him his how i if in into is it its itself just "
    "last like made make many me more most much my never no nor not now of off ok okay on once one only or other "
    "our out over own please quite really said same second she should since so some still such take ten than "
    "thank thanks that the their them then there these they this those three through time times to today too took "
    "two under until up us very via was we were what when where which while who why will with within without "
    "would you your im ive dont didnt ada adalah agak agar akan akhirnya aku anda apa apabila apakah atas atau "
    "bagaimana bagi bahwa banyak baru beberapa begini begitu belum bikin bisa boleh buat bukan cukup dalam dan "
    "dapat dari daripada dengan di dia dua dulu enggak ga gak hanya hari harus hingga ini itu iya jadi jangan "
    "jika juga kak kali kalau kami kamu karena kasih ke kemari kembali kepada ketika kita lagi lain lalu lama "
    "lebih mana masih mau mbak mas mereka minggu mohon nggak oleh pada padahal paling para perlu pernah pun saat "
    "saja sampai sama sana sangat satu saya sebagai sebelum sebuah secara sedang sejak sekali sekarang selalu "
    "selama semua sendiri seperti sepertinya sering serta setelah setiap seorang si sini sudah supaya tadi tahun "
    "tak tanpa tapi telah tentang terima terlalu tersebut terus tetap tidak tiga tinggal untuk walau yaitu yang "
    "ya yg"
)
_SAME: Final = {  # what is meant: how it is written
    "price": "price prices pricey priced cost costs expensive cheap harga mahal murah hemat biaya ongkir ongkos tarif",
    "delivery": "delivery deliver delivered shipping shipped shipment courier arrive arrived parcel dispatch "
    "dikirim mengirim pengiriman kurir paket datang ekspedisi antar diantar",
    "late": "late delay delayed slow slowly telat terlambat lambat lelet molor",
    "fast": "fast quick quickly early promptly cepat kilat segera",
    "packaging": "packaging packed package box crushed torn kemasan dikemas kotak kardus sobek robek penyok bungkus",
    "service": "service support staff agent customer layanan pelayanan petugas admin cs",
    "answer": "answer answered answers reply replied respond response email mail jawab jawaban dijawab balas balasan "
    "dibalas respon respons",
    "solve": "solve solved resolve resolved fixed help helped helpful selesai diselesaikan dibantu membantu bantuan",
    "problem": "problem problems issue issues complaint masalah kendala keluhan komplain",
    "friendly": "friendly kind polite nice ramah sopan baik",
    "quality": "quality kualitas mutu",
    "taste": "taste tasted tastes flavour flavor rasa rasanya terasa aroma aromanya enak lezat",
    "fresh": "fresh freshly segar",
    "stale": "stale apek basi tengik",
    "order": "order orders ordered ordering reorder reordering pesan pesanan memesan dipesan",
    "app": "app apps application website site aplikasi situs web",
    "payment": "payment pay paid checkout cart bayar pembayaran dibayar keranjang",
    "crash": "crash crashed crashes error failed fails gagal macet eror hang",
    "refund": "refund refunded refunds return returned retur pengembalian dikembalikan",
    "wrong": "wrong missing broken damaged salah kurang hilang rusak pecah",
    "coffee": "coffee kopi",
    "easy": "easy simple gampang mudah praktis",
    "size": "size sizes fit fits ukuran muat",
    "stock": "stock available unavailable stok habis kosong tersedia",
    "promotion": "promotion promo discount discounts voucher coupon diskon potongan kupon",
}
_MEANING: Final = {word: meant for meant, written in _SAME.items() for word in written.split()}


def words_of(comment: str) -> list[str]:
    """The words of a comment that say something, brought together across languages, in their order."""
    return [meant for meant, _ in _read(comment)]


def written_words(comment: str) -> list[tuple[str, str]]:
    """The same with the word as it was written: (meaning, written)."""
    return list(_read(comment))


def _read(comment: str) -> Iterator[tuple[str, str]]:
    for match in _WORD.finditer(comment.casefold()):
        written = match.group()
        for word in (written, _stem(written)):
            if word in _SAY_NOTHING:
                break
            if word in _MEANING:
                yield _MEANING[word], written
                break
        else:
            yield _stem(written), written


def _stem(word: str) -> str:
    """The word without an Indonesian ending."""
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= _SHORTEST:
            return word.removesuffix(ending)
    return word


_PRIVATE: Final = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+|https?://\S+|\+?\d(?:[\s.-]?\d){5,}")


def discreet(comment: str) -> str:
    """A comment as it may be quoted: without addresses, links and long numbers."""
    return _PRIVATE.sub("…", comment)
