"""Camera photographs of paper: found, flattened, evenly lit. The entry is `rectify.rectified`."""
