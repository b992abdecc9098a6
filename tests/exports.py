"""A small shop's whole record under our names, and how other systems would call and write the same."""

from pathlib import Path

import numpy as np
import pandas as pd

DAY0 = pd.Timestamp("2023-01-02")

ENGLISH = {
    "transactions": ("orders", {"customer_id": "CustomerID", "ordered_at": "Order Date", "amount": "Net Amount",
                                "order_id": "Order No.", "product_id": "SKU", "quantity": "Qty", "channel": "Channel"}),
    "customers": ("clients", {"customer_id": "Customer ID", "acquired_at": "Signup Date", "birth_date": "DOB",
                              "acquisition_channel": "Signup Source", "region": "City", "email_consent": "Newsletter",
                              "loyalty_tier": "Loyalty Tier"}),
    "products": ("product_catalog", {"product_id": "SKU", "name": "Product Name", "category": "Category",
                                     "brand": "Brand", "unit_cost": "Unit Cost", "price": "List Price"}),
    "merges": ("merged_accounts", {"old_id": "Merged From", "new_id": "Merged Into"}),
    "costs": ("cost ledger", {"month": "Month", "kind": "Cost Type", "amount": "Amount", "cost_id": "Entry ID",
                              "channel": "Channel", "campaign_id": "Campaign"}),
    "interactions": ("support tickets", {"customer_id": "Customer ID", "happened_at": "Opened At",
                                         "channel": "Channel", "kind": "Type", "interaction_id": "Ticket No",
                                         "handling_minutes": "Handling Minutes", "resolved_at": "Closed At"}),
    "campaigns": ("campaigns", {"campaign_id": "Campaign ID", "name": "Campaign Name", "play": "Objective",
                                "starts_at": "Start Date", "ends_at": "End Date", "fixed_cost": "Fixed Cost",
                                "cost_per_contact": "Cost per Contact"}),
    "campaign_members": ("campaign_exposures", {"campaign_id": "Campaign ID", "customer_id": "Customer ID",
                                                "arm": "Group", "assigned_at": "Sent At"}),
    "feedback": ("survey answers", {"customer_id": "Customer ID", "given_at": "Survey Date",
                                    "instrument": "Survey Type",
                                    "score": "Score", "touchpoint": "Touchpoint", "comment": "Comment"}),
    "value_survey": ("perceived value", {"customer_id": "Customer ID", "asked_at": "Survey Date", "side": "Side",
                                         "item": "Item", "tangible": "Tangible", "score": "Score",
                                         "importance": "Importance"}),
    "referrals": ("referrals", {"referrer_id": "Referrer", "referred_id": "Referred Customer",
                                "referred_at": "Referral Date"}),
    "subscriptions": ("subscriptions", {"customer_id": "Customer ID", "started_at": "Start Date",
                                        "ended_at": "End Date",
                                        "plan": "Plan", "price": "Price", "billing_period": "Billing Cycle"}),
}  # fmt: skip
INDONESIAN = {
    "transactions": ("penjualan", {"customer_id": "ID Pelanggan", "ordered_at": "Tanggal", "amount": "Jumlah Bayar",
                                   "order_id": "No Pesanan", "product_id": "Kode Barang", "quantity": "Kuantitas",
                                   "channel": "Kanal"}),
    "customers": ("pelanggan", {"customer_id": "ID Pelanggan", "acquired_at": "Tgl Daftar", "birth_date": "Tgl Lahir",
                                "acquisition_channel": "Kanal Akuisisi", "region": "Kota",
                                "email_consent": "Izin Email",
                                "tingkat": "Tingkat"}),
    "products": ("produk", {"product_id": "Kode Barang", "name": "Nama Barang", "category": "Kategori",
                            "brand": "Merek", "unit_cost": "HPP", "price": "Harga Jual"}),
    "merges": ("akun ganda", {"old_id": "ID Lama", "new_id": "ID Baru"}),
    "costs": ("biaya", {"month": "Bulan", "kind": "Jenis Biaya", "amount": "Jumlah", "cost_id": "No Bukti",
                        "channel": "Kanal", "campaign_id": "Kampanye"}),
    "interactions": ("tiket keluhan", {"customer_id": "ID Pelanggan", "happened_at": "Tanggal Dibuka",
                                       "channel": "Kanal", "kind": "Jenis", "interaction_id": "No Tiket",
                                       "handling_minutes": "Menit Penanganan", "resolved_at": "Tanggal Ditutup"}),
    "campaigns": ("kampanye", {"campaign_id": "ID Kampanye", "name": "Nama Kampanye", "play": "Jenis Kampanye",
                               "starts_at": "Tanggal Mulai", "ends_at": "Tanggal Selesai", "fixed_cost": "Biaya Tetap",
                               "cost_per_contact": "Biaya per Kontak"}),
    "campaign_members": ("peserta kampanye", {"campaign_id": "ID Kampanye", "customer_id": "ID Pelanggan",
                                              "arm": "Kelompok", "assigned_at": "Tanggal Kirim"}),
    "feedback": ("kepuasan", {"customer_id": "ID Pelanggan", "given_at": "Tanggal Survei", "instrument": "Jenis Survei",
                              "score": "Skor", "touchpoint": "Titik Kontak", "comment": "Komentar"}),
    "value_survey": ("survei nilai", {"customer_id": "ID Pelanggan", "asked_at": "Tanggal Survei", "side": "Sisi",
                                      "item": "Butir", "tangible": "Berwujud", "score": "Nilai",
                                      "importance": "Bobot"}),
    "referrals": ("rujukan", {"referrer_id": "ID Pengajak", "referred_id": "ID Diajak",
                              "referred_at": "Tanggal Ajakan"}),
    "subscriptions": ("langganan", {"customer_id": "ID Pelanggan", "started_at": "Tanggal Mulai",
                                    "ended_at": "Tanggal Berhenti", "plan": "Paket", "price": "Tarif",
                                    "billing_period": "Periode Tagihan"}),
}  # fmt: skip
WORDS = {  # the closed vocabularies in Indonesian
    "kind": {"acquisition": "Akuisisi", "marketing": "Iklan", "goods": "HPP", "overhead": "Sewa kantor",
             "ticket": "Tiket", "response": "Tanggapan"},
    "arm": {"treated": "Perlakuan", "control": "Kontrol"},
    "side": {"benefit": "Manfaat", "cost": "Pengorbanan"},
    "billing_period": {"week": "Mingguan", "month": "Bulanan", "quarter": "Triwulan", "year": "Tahunan"},
    "instrument": {"nps": "NPS", "csat": "Kepuasan", "ces": "Kemudahan"},
}  # fmt: skip


def record(seed: int = 5, customers: int = 80) -> dict[str, pd.DataFrame]:
    """Every table, with our columns and words; days are timestamps, amounts floats with two decimals."""
    rng = np.random.default_rng(seed)
    ids = np.array([f"{10_000 + k}" for k in range(customers)])
    skus = np.array([f"SKU{k:02d}" for k in range(12)])
    campaigns = np.array(["CMP1", "CMP2", "CMP3"])

    def days(n: int, span: int = 500) -> pd.Series:
        return pd.Series(DAY0 + pd.to_timedelta(np.sort(rng.integers(0, span, n)), "D"))

    def pick(words, n: int) -> np.ndarray:
        return rng.choice(np.array(words, dtype=object), n)

    orders, tickets = 600, 90
    starts = days(3)
    opened = days(tickets) + pd.to_timedelta(rng.integers(8 * 60, 20 * 60, tickets), "min")
    return {
        "transactions": pd.DataFrame({
            "customer_id": pick(ids, orders), "ordered_at": days(orders),
            "amount": rng.integers(2_000_00, 90_000_00, orders) / 100, "order_id": [f"A{k:05d}" for k in range(orders)],
            "product_id": pick(skus, orders), "quantity": rng.integers(1, 5, orders),
            "channel": pick(["web", "toko"], orders),
        }),
        "customers": pd.DataFrame({
            "customer_id": ids, "acquired_at": days(customers, 200),
            "birth_date": pd.Timestamp("1970-01-15") + pd.to_timedelta(rng.integers(0, 12_000, customers), "D"),
            "acquisition_channel": pick(["ads", "organic"], customers), "region": pick(["Bandung", "Medan"], customers),
            "email_consent": pick(["ya", "tidak"], customers), "tier": pick(["emas", "perak", "perunggu"], customers),
        }),
        "products": pd.DataFrame({
            "product_id": skus, "name": [f"Kopi nomor {k}" for k in range(12)], "category": pick(["biji", "alat"], 12),
            "brand": pick(["Senja", "Pagi"], 12), "unit_cost": np.full(12, 600.25), "price": np.full(12, 1000.5),
        }),
        "merges": pd.DataFrame({"old_id": [f"OLD{k}" for k in range(8)], "new_id": ids[:8]}),
        "costs": pd.DataFrame({
            "month": np.repeat(pd.date_range("2023-01-01", periods=15, freq="MS"), 4),
            "kind": np.tile(["acquisition", "marketing", "goods", "overhead"], 15),
            "amount": rng.integers(1_000_00, 9_000_00, 60) / 100, "cost_id": [f"K{k:03d}" for k in range(60)],
            "channel": pick(["web", "toko"], 60), "campaign_id": pick(campaigns, 60),
        }),
        "interactions": pd.DataFrame({
            "customer_id": pick(ids, tickets), "happened_at": opened, "channel": pick(["email", "chat"], tickets),
            "kind": pick(["ticket", "response"], tickets), "interaction_id": [f"T{k}" for k in range(tickets)],
            "handling_minutes": rng.integers(3, 90, tickets), "resolved_at": opened + pd.Timedelta("95min"),
        }),
        "campaigns": pd.DataFrame({
            "campaign_id": campaigns, "name": ["Lebaran", "Natal", "Tahun baru"],
            "play": ["win-back", "upsell", "upsell"],
            "starts_at": starts, "ends_at": starts + pd.Timedelta("30D"), "fixed_cost": [1000.5, 2000.5, 500.25],
            "cost_per_contact": [1.5, 1.5, 2.25],
        }),
        "campaign_members": pd.DataFrame({
            "campaign_id": np.repeat(campaigns, 40), "customer_id": np.tile(ids[:40], 3),
            "arm": pick(["treated", "control"], 120), "assigned_at": days(120),
        }),
        "feedback": pd.DataFrame({
            "customer_id": pick(ids, 70), "given_at": days(70), "instrument": pick(["nps", "csat", "ces"], 70),
            "score": rng.integers(1, 6, 70), "touchpoint": pick(["pengiriman", "toko"], 70),
            "comment": [f"catatan {k}" for k in range(70)],
        }),
        "value_survey": pd.DataFrame({
            "customer_id": np.repeat(ids[:30], 2), "asked_at": days(60), "side": np.tile(["benefit", "cost"], 30),
            "item": np.tile(["quality", "price"], 30), "tangible": np.tile(["ya", "tidak"], 30),
            "score": rng.integers(0, 11, 60), "importance": rng.integers(1, 6, 60),
        }),
        "referrals": pd.DataFrame({"referrer_id": ids[:20], "referred_id": ids[20:40], "referred_at": days(20)}),
        "subscriptions": pd.DataFrame({
            "customer_id": ids[:25], "started_at": days(25),
            "ended_at": days(25, 60).where(np.arange(25) % 2 == 0) + pd.Timedelta("500D"),
            "plan": pick(["hemat", "lengkap"], 25), "price": np.full(25, 150.5),
            "billing_period": pick(["week", "month", "quarter", "year"], 25),
        }),
    }  # fmt: skip


def spoken(language: dict) -> tuple[dict[str, pd.DataFrame], dict[str, dict[str, str]]]:
    """The record under the names of a language, by file name; and table = {our name = theirs}."""
    frames, mapping = {}, {}
    for table, frame in record().items():
        name, words = language[table]
        attribute = next((ours for ours in words if ours not in frame), None)
        frame = frame.rename(columns={"tier": attribute})
        if language is INDONESIAN:
            for column, ours in WORDS.items():
                if column in frame:
                    frame[column] = frame[column].replace(ours)
        frames[name] = frame.rename(columns=words)[list(words.values())]
        mapping[table] = words
    return frames, mapping


def as_text(frame: pd.DataFrame, path: Path, *, days: str, decimal: str = ".", thousands: str = "", **how) -> None:
    """Write a frame as some system would; numbers with two decimals where they are not whole."""
    text = frame.copy()
    for name in frame.columns:
        if pd.api.types.is_datetime64_any_dtype(frame[name]):
            clock = " %H:%M" if (frame[name].dropna() != frame[name].dropna().dt.normalize()).any() else ""
            text[name] = frame[name].dt.strftime(days + clock)
        elif pd.api.types.is_float_dtype(frame[name]):
            marks = str.maketrans({",": thousands, ".": decimal})
            text[name] = frame[name].map("{:,.2f}".format).map(lambda one, m=marks: one.translate(m))
    text.to_csv(path, index=False, **how)
