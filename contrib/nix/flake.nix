# SPDX-License-Identifier: GPL-3.0-or-later
# NixOS, or nix elsewhere: nix build PATH-TO-THE-SOURCES?dir=contrib/nix
{
  description = "Watch the memory pages of one process";
  inputs.nixpkgs.url = "nixpkgs";

  outputs = { self, nixpkgs }:
    let
      systems = [ "x86_64-linux" "aarch64-linux" ];
      each = f: nixpkgs.lib.genAttrs systems (system: f nixpkgs.legacyPackages.${system});
    in {
      packages = each (pkgs: {
        default = pkgs.stdenv.mkDerivation {
          pname = "pmtop";
          version = "0.2.0";
          src = ../..;
          nativeBuildInputs = [ pkgs.autoreconfHook pkgs.pkg-config ];
          buildInputs = with pkgs; [
            elfutils inih libiberty ncurses readline sqlite utf8proc util-linux xz zstd
          ] ++ nixpkgs.lib.optional stdenv.hostPlatform.isx86 zydis;
          enableParallelBuilding = true;
          meta = {
            description = "Watch the memory pages of one process";
            license = nixpkgs.lib.licenses.gpl3Plus;
            platforms = systems;
            mainProgram = "pmtop";
          };
        };
      });
    };
}
