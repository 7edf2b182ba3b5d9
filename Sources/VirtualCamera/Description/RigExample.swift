extension RigFile {
    /// A rig that shows every key, to begin with.
    public static let example = """
        {
          "bodies": [
            {
              "personality": "nikon",
              "manufacturer": "Nikon Corporation",
              "model": "D7500",
              "serial": "6001234",
              "name": "Front left",
              "port": 15740,
              "battery_percent": 64,
              "clock_offset_s": -3600,
              "lens": {"name": "AF-S 18-140mm", "focal_mm": [18, 140], "at_mm": 35, "f_numbers": [3.5, 5.6]},
              "properties": {
                "500F": {"value": 400, "choices": [100, 200, 400, 800]},
                "500E": {"value": 1, "read_only": true},
                "D073": "Studio North"
              },
              "card": {
                "size": 64000000000,
                "pictures": 3,
                "objects": [{"name": "CLIP.MOV", "size": 1073741824}],
                "keep_uploads": true
              },
              "live_view": {"width": 1024, "height": 680, "rate": 30, "frame_bytes": 150000},
              "transaction_ms": 2,
              "link_bytes_per_second": 40000000,
              "shutter_lag_ms": 55,
              "autofocus_ms": 250,
              "buffer": {"depth": 6, "writing_ms": 180},
              "raw_bytes": 24000000
            },
            {"personality": "canon-eos", "count": 3, "card": {"inserted": true, "free": 8000000000, "pictures": 0}},
            {"personality": "ptp", "name": "No card", "card": null}
          ]
        }
        """
}
