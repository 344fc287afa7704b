// Writes beside a recording what Unity Recorder does not: a flat colour for each object, and the camera of each frame.
//
//   OUTPUT/Shot_ObjectId_0001.png   flat colours without anti-aliasing, black where no listed object is
//   OUTPUT/ids.json                 which colour is which object
//   OUTPUT/cameras.json             worldToCameraMatrix and projection of each frame, row by row
//
// Put it on the camera that is recorded, list the objects, and enter Play Mode with the Recorder set to start there.
// It draws the objects itself, so it works the same in HDRP, URP and the built-in pipeline. MIT, as Photoplay itself.

using System;
using System.Collections;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Text;
using UnityEngine;
using UnityEngine.Rendering;

[RequireComponent(typeof(Camera))]
public class PhotoplayPasses : MonoBehaviour
{
    [Serializable]
    public class Region
    {
        [Tooltip("What the region is called in Photoplay: Face, Hair, Hero.")]
        public string name;
        [Tooltip("Every renderer below this object is drawn in the region's colour.")]
        public GameObject root;
    }

    [Tooltip("Folder of the Recorder's pictures.")]
    public string output = "Recordings";
    [Tooltip("Name of the shot in the files.")]
    public string shot = "Shot";
    [Tooltip("Number of the first picture; the same as in the Recorder's file names.")]
    public int firstNumber = 1;
    [Tooltip("Pictures a second; the same as in the Recorder.")]
    public int frameRate = 24;
    [Tooltip("Size of the pictures; the same as in the Recorder.")]
    public int width = 1920;
    public int height = 1080;
    [Tooltip("The shader Photoplay/Flat.")]
    public Shader flat;
    public List<Region> regions = new List<Region>();

    private readonly List<string> cameras = new List<string>();
    private readonly List<Material> materials = new List<Material>();
    private CommandBuffer commands;
    private RenderTexture target;
    private Texture2D picture;

    private IEnumerator Start()
    {
        Directory.CreateDirectory(output);
        Time.captureFramerate = frameRate;
        // A linear target and linear colours: what is drawn is written as it is, without a transfer curve.
        target = new RenderTexture(width, height, 24, RenderTextureFormat.ARGB32, RenderTextureReadWrite.Linear);
        target.antiAliasing = 1;
        picture = new Texture2D(width, height, TextureFormat.RGB24, false, true);
        commands = new CommandBuffer { name = "Photoplay object ids" };
        for (int i = 0; i < regions.Count; i++)
        {
            Material material = new Material(flat);
            Color32 colour = ColourOf(i);
            material.SetVector("_Flat", new Vector4(colour.r / 255f, colour.g / 255f, colour.b / 255f, 1f));
            materials.Add(material);
        }
        WriteNames();
        for (int number = firstNumber; ; number++)
        {
            yield return new WaitForEndOfFrame();
            Camera seen = GetComponent<Camera>();
            WriteIds(seen, number);
            cameras.Add(CameraOf(seen, number));
        }
    }

    private void OnDestroy()
    {
        if (cameras.Count > 0)
        {
            string text = "{\"frames\": [\n" + string.Join(",\n", cameras) + "\n]}\n";
            File.WriteAllText(Path.Combine(output, "cameras.json"), text);
        }
        if (target != null)
        {
            target.Release();
        }
        commands?.Release();
    }

    // Colours far apart from each other and from black: 6 levels in each channel, in an order that jumps about.
    private static Color32 ColourOf(int index)
    {
        int place = (index * 77 + 43) % 215 + 1;
        return new Color32((byte)(place / 36 * 51), (byte)(place / 6 % 6 * 51), (byte)(place % 6 * 51), 255);
    }

    private void WriteIds(Camera seen, int number)
    {
        commands.Clear();
        commands.SetRenderTarget(target);
        commands.ClearRenderTarget(true, true, Color.black);
        commands.SetViewProjectionMatrices(seen.worldToCameraMatrix, seen.projectionMatrix);
        for (int i = 0; i < regions.Count; i++)
        {
            foreach (Renderer part in regions[i].root.GetComponentsInChildren<Renderer>())
            {
                for (int mesh = 0; part.enabled && mesh < part.sharedMaterials.Length; mesh++)
                {
                    commands.DrawRenderer(part, materials[i], mesh, 0);
                }
            }
        }
        Graphics.ExecuteCommandBuffer(commands);
        RenderTexture before = RenderTexture.active;
        RenderTexture.active = target;
        picture.ReadPixels(new Rect(0, 0, width, height), 0, 0);
        RenderTexture.active = before;
        string name = string.Format(CultureInfo.InvariantCulture, "{0}_ObjectId_{1:0000}.png", shot, number);
        File.WriteAllBytes(Path.Combine(output, name), picture.EncodeToPNG());
    }

    private void WriteNames()
    {
        List<string> rows = new List<string>();
        for (int i = 0; i < regions.Count; i++)
        {
            Color32 colour = ColourOf(i);
            string name = regions[i].name.Replace("\\", "\\\\").Replace("\"", "\\\"");
            rows.Add($"{{\"name\": \"{name}\", \"colour\": [{colour.r}, {colour.g}, {colour.b}]}}");
        }
        File.WriteAllText(Path.Combine(output, "ids.json"), "{\"objects\": [\n" + string.Join(",\n", rows) + "\n]}\n");
    }

    private static string CameraOf(Camera seen, int number)
    {
        string view = Numbers(seen.worldToCameraMatrix), lens = Numbers(seen.projectionMatrix);
        return $"{{\"number\": {number}, \"world_to_camera\": [{view}], \"projection\": [{lens}]}}";
    }

    private static string Numbers(Matrix4x4 matrix)
    {
        StringBuilder text = new StringBuilder();
        for (int row = 0; row < 4; row++)
        {
            for (int column = 0; column < 4; column++)
            {
                text.Append(text.Length > 0 ? ", " : "");
                text.Append(matrix[row, column].ToString("R", CultureInfo.InvariantCulture));
            }
        }
        return text.ToString();
    }
}
